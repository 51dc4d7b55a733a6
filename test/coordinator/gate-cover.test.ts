import t from 'tap';
import { isCovered, reckonedWith } from '../../coordinator/gate-cover.ts';
import { slot } from '../support/domain-records.ts';

const [a, b, c] = [slot('a'), slot('b'), slot('c')] as const;

void t.test('a yes holds for a part of what was asked about, and for nothing else', async (t) => {
  t.equal(isCovered([], [a, b]), true);
  t.equal(isCovered([a], [a, b]), true, 'b is over');
  t.equal(isCovered([a, b], [b, a]), true);
  t.equal(isCovered([slot('a', { state: 'ended' })], [a]), true, 'it may be as disturbed as before');
  t.equal(isCovered([a, c], [a, b]), false, 'c was not asked about');
  t.equal(isCovered([{ ...a, operation: 'op-next' }], [a]), false, 'a began again');
});

void t.test('what was granted is reckoned with before a grant only, and whoever asks never', async (t) => {
  const slots = [
    slot('granted', { state: 'granted' }),
    slot('begun'),
    slot('ended', { state: 'ended' }),
    slot('lost', { state: 'quarantined' }),
  ];
  const names = (moment: Parameters<typeof reckonedWith>[1], except = '') => reckonedWith(slots, moment, except).map(({ uid }) => uid);
  t.same(names('before-begin'), ['uid-begun', 'uid-ended', 'uid-lost']);
  t.same(names('after', 'uid-ended'), ['uid-begun', 'uid-lost']);
  t.same(names('before-grant', 'uid-begun'), ['uid-granted', 'uid-ended', 'uid-lost']);
});
