import t from 'tap';
import { mountAt } from '../../../agent/m2/observe.ts';
import { standingOf, type M2Observed } from '../../../agent/m2/standing.ts';

const well: M2Observed = {
  isSetUp: true,
  mount: { device: '259:1', isReadOnly: false },
  hasDevice: true,
  listing: '',
  errors: 0,
  wasMounted: true,
  misalignment: '',
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
  t.equal(state({ ...wrong, mount: well.mount }).state, 'misaligned');
  t.match(state({ errors: 2 }), { state: 'mounted', message: /2 errors/ });
  t.strictSame(state({}), { state: 'mounted', message: '' });
  t.end();
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
