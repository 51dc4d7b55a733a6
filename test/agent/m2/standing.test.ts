import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import t from 'tap';
import { mountAt } from '../../../agent/m2/observe.ts';
import { deviceAt, whyNotOwn, type SeenMount } from '../../../agent/m2/own-ssd.ts';
import { standingOf, type M2Observed } from '../../../agent/m2/standing.ts';
import { WRITTEN_BY_AGENT } from '../../../agent/m2/units.ts';

const whyNot = process.getuid?.() === 0 ? false : 'needs root to make devices';

const well: M2Observed = {
  isSetUp: true,
  mount: { device: '259:1', isReadOnly: false },
  hasDevice: true,
  listing: '',
  errors: 0,
  wasMounted: true,
  misalignment: '',
  isOther: false,
  whyNotOwn: '',
};
const state = (different: Partial<M2Observed>) => standingOf('/m2', { ...well, ...different });

void t.test('a node whose SSD was not set up has none, whatever is mounted there', (t) => {
  t.strictSame(state({ isSetUp: false }), { state: 'none', message: '' });
  t.end();
});

void t.test('absent since the boot and lost while running are two things', (t) => {
  t.match(state({ mount: undefined, wasMounted: false, hasDevice: false }), { state: 'absent', message: /not there at boot/ });
  t.match(state({ mount: undefined, wasMounted: false }), { state: 'absent', message: /its disk is there/ });
  t.match(state({ mount: undefined }), { state: 'lost', message: /was mounted since the boot/ });
  t.match(state({ hasDevice: false }), { state: 'lost', message: /is gone while it is mounted/ });
  t.match(state({ listing: 'EIO' }), { state: 'lost', message: /does not answer \(EIO\)/ });
  t.end();
});

void t.test('read-only, misaligned and errors are told, in this order', (t) => {
  const wrong = { mount: { device: '259:1', isReadOnly: true }, misalignment: 'begins at byte 1', errors: 2 };
  t.equal(state(wrong).state, 'read-only');
  t.match(state({ ...wrong, mount: well.mount, whyNotOwn: 'its unit is gone' }), {
    state: 'misaligned',
    message: /2 errors.*; its unit is gone; the partition of \/m2 begins at byte 1/,
  });
  t.match(state({ errors: 2 }), { state: 'mounted', message: /2 errors/ });
  t.strictSame(state({}), { state: 'mounted', message: '' });
  t.end();
});

void t.test('something else on /m2 is not taken for the SSD, and a unit that is gone is told while all is well', (t) => {
  const other = { isOther: true, hasDevice: false, whyNotOwn: 'something else than the SSD' };
  t.match(state(other), { state: 'lost', message: /something else/ });
  t.match(state({ ...other, hasDevice: true, wasMounted: false }), { state: 'absent', message: /something else/ });
  t.match(state({ whyNotOwn: 'its unit is gone' }), { state: 'mounted', message: 'its unit is gone' });
  t.end();
});

void t.test("what is mounted is the agent's own where it has the UUID that was set up, and the unit is the agent's", (t) => {
  const begun = { serial: 'S1', sizeBytes: 1, tableUuid: '', partUuid: '', uuid: 'aaaa', fileSystem: 'ext4', isDone: true } as const;
  const own = { begun, device: '259:1', ssd: '259:1', unit: `${WRITTEN_BY_AGENT}\n` };
  const why = (different: Partial<SeenMount>) => whyNotOwn('/m2', { ...own, ...different });
  t.equal(why({}), '');
  t.match(why({ device: undefined }), /^\/m2 is not mounted/);
  for (const other of [undefined, { ...begun, isDone: false }]) t.match(why({ begun: other }), /was not set up by uvs-agent m2 prepare/);
  t.match(why({ device: '0:57' }), /^something else than the SSD is mounted on \/m2: it has not the UUID aaaa/);
  t.match(why({ ssd: undefined }), /^something else than the SSD/);
  for (const unit of ['', '[Mount]\n']) t.match(why({ unit }), /unit that mounts \/m2 is gone/);
  t.end();
});

void t.test('a device is known by its numbers, however large they are', { skip: whyNot }, async (t) => {
  const at = t.testdir();
  for (const [major, minor] of [
    [7, 5],
    [259, 65_537],
  ] as const) {
    const path = join(at, `${major}`);
    execFileSync('mknod', [path, 'b', String(major), String(minor)]);
    t.equal(await deviceAt(path), `${major}:${minor}`);
  }
  t.equal(await deviceAt(join(at, 'nothing')), undefined);
});

void t.test('of mounts the last on the point counts, and the super block tells of an error', (t) => {
  const line = (device: string, point: string, options: string, superOptions: string) =>
    `36 35 ${device} / ${point} ${options} shared:1 - ext4 /dev/x ${superOptions}`;
  const table = [line('8:1', '/', 'rw', 'rw'), line('8:2', '/m2', 'rw', 'rw'), line('259:1', '/m2', 'rw,noatime', 'ro')].join('\n');
  t.strictSame(mountAt(table, '/m2'), { device: '259:1', isReadOnly: true });
  t.strictSame(mountAt(table, '/'), { device: '8:1', isReadOnly: false });
  t.equal(mountAt(table, '/m'), undefined);
  t.match(mountAt(line('259:1', '/m2', 'rw', 'rw,shutdown'), '/m2'), { isReadOnly: true }, 'ext4 that was shut down');
  t.end();
});
