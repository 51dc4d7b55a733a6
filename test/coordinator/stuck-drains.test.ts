import t from 'tap';
import { stuckDrains } from '../../coordinator/api/convert/drain.ts';
import { describeStuck, type DrainView } from '../../coordinator/stuck-drains.ts';

function drain(hostname: string, reason: string | undefined): DrainView {
  const stuck = reason === undefined ? undefined : { since: 1_000, reason };
  const shownAs = reason === undefined ? 'set' : 'stuck';
  return { uid: `uid-${hostname}`, hostname, operation: 'op-1', state: 'set', set: { ceph: '{}' }, notes: {}, stuck, shownAs };
}

void t.test('the sentence names the first nodes and how many there are besides', async (t) => {
  t.equal(describeStuck([]), '');
  t.equal(describeStuck([drain('a', undefined)]), '', 'what is set for a node that has its turn is as it should be');
  const many = ['a', 'b', 'c', 'd', 'e'].map((hostname) => drain(hostname, 'EACCES'));
  t.equal(
    describeStuck([drain('z', undefined), ...many]),
    'what gates have set can\'t be taken back for a (EACCES), b (EACCES), c (EACCES) and 2 more: see "uvsctl gates list"',
  );
});

void t.test('of thousands the first hundred are listed, and all are counted', async (t) => {
  const all = Array.from({ length: 10_000 }, (_, index) => drain(`osd-${index}`, 'EACCES'));
  const { stuckDrains: listed, stuckDrainsTotal } = stuckDrains([drain('z', undefined), ...all]);
  t.equal(stuckDrainsTotal, 10_000);
  t.equal(listed?.length, 100);
  t.match(listed?.[0], { node: 'nodes/uid-osd-0', operation: 'operations/op-1', set: { ceph: '{}' } });
});
