import t from 'tap';
import { describeStanding, isInContact } from '../../coordinator/standing.ts';

const trouble = 'etcd does not answer';

void t.test('the status says whether it leads and what it has in hand, whom it follows, and what it lacks', (t) => {
  const cases = [
    [{ inHand: { rollouts: 1, slots: 2 }, leader: 'a:1', etcdTrouble: undefined }, 'leading: 1 open rollout, 2 slots taken', true],
    [{ inHand: undefined, leader: 'a:1', etcdTrouble: undefined }, 'following a:1', true],
    [{ inHand: undefined, leader: '', etcdTrouble: undefined }, 'degraded, nobody leads', false],
    [{ inHand: undefined, leader: 'a:1', etcdTrouble: trouble }, 'degraded, etcd does not answer; following a:1', false],
  ] as const;
  for (const [standing, said, isGood] of cases) {
    t.equal(describeStanding(standing), said);
    t.equal(isInContact(standing), isGood);
  }
  t.end();
});
