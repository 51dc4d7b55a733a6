import t from 'tap';
import { factsFrom, factsMessage } from '../../../../coordinator/api/convert/facts.ts';
import type { NodeFacts__Output } from '../../../../proto/gen/uvs/v1/NodeFacts.ts';
import { MAX_DAEMONS } from '../../../../common/facts.ts';
import { facts } from '../../../support/domain-records.ts';

function said(names: readonly string[] | undefined): NodeFacts__Output {
  const { diskFreeBytes, diskTotalBytes, ...rest } = facts();
  return {
    ...rest,
    diskFreeBytes: String(diskFreeBytes),
    diskTotalBytes: String(diskTotalBytes),
    installed: [],
    daemons: names === undefined ? null : { names: [...names] },
    waysBack: null,
    mixture: '',
    m2: null,
    mixedReleases: [],
  };
}

void t.test("a node's daemons are taken by name; none told is not the same as told that there are none", (t) => {
  t.same(factsFrom(said(['mon.a', 'osd.3', 'mds.fs.node-1.abcdef'])).daemons, ['mon.a', 'osd.3', 'mds.fs.node-1.abcdef']);
  t.same(factsFrom(said([])).daemons, []);
  t.equal(factsFrom(said(undefined)).daemons, undefined);
  t.equal(factsMessage(factsFrom(said(undefined))).daemons, null);
  t.end();
});

void t.test(
  'why files are not all those of what is installed is handed on, without what a terminal would obey, and left out where nothing is said',
  (t) => {
    const told = factsFrom({ ...said([]), mixture: 'since op-7\u001b[2J' });
    t.equal(told.mixture, 'since op-7 [2J');
    t.equal(factsMessage(told).mixture, 'since op-7 [2J');
    t.notOk('mixedReleases' in told, 'an agent of before does not say of which releases');
    t.strictSame(factsFrom({ ...said([]), mixture: 'since op-7', mixedReleases: ['ab'] }).mixedReleases, ['ab']);
    t.notOk('mixture' in factsFrom(said([])), 'coordinators of before can read the record');
    t.end();
  },
);

void t.test('how it stands with an SSD is handed on as far as it is known, and left out where none was set up', (t) => {
  const told = factsFrom({ ...said([]), m2: { state: 'lost', message: 'gone\u001b[2J' } });
  t.strictSame(told.m2, { state: 'lost', message: 'gone [2J' });
  t.strictSame(factsMessage(told).m2, told.m2);
  t.notOk('m2' in factsFrom({ ...said([]), m2: { state: 'of-a-newer-agent', message: '' } }));
  t.notOk('m2' in factsFrom(said([])), 'coordinators of before can read the record');
  t.end();
});

void t.test('a list that names what is no daemon, or too many of them, is not known at all, and the node is heard all the same', (t) => {
  for (const bad of [
    'osd.x',
    'osd.-1',
    'osd.01',
    'rgw.a',
    'mon.',
    'mon.a b',
    'mon.-a',
    'mon.a\n',
    `mon.${'a'.repeat(200)}`,
    'osd.0;reboot',
  ]) {
    t.equal(factsFrom(said(['osd.1', bad])).daemons, undefined, bad);
  }
  t.equal(factsFrom(said(Array.from({ length: MAX_DAEMONS + 1 }, (_, id) => `osd.${id}`))).daemons, undefined);
  t.end();
});
