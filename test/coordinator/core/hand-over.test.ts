import t from 'tap';
import { HandOver } from '../../../coordinator/core/hand-over.ts';

const MINUTE_MS = 60_000;

function handOver(): HandOver {
  return new HandOver('mon1', { monotonicMs: () => nowMs }, MINUTE_MS);
}

let nowMs = 0;

void t.test('the leadership is given away only to somebody, and only by who has led for long enough', async (t) => {
  const leader = handOver();
  t.notOk(leader.isDueBefore('grant', 'op-1', { ledMs: MINUTE_MS, members: 1 }));
  t.notOk(leader.isDueBefore('grant', 'op-1', { ledMs: MINUTE_MS - 1, members: 3 }));
  t.ok(leader.isDueBefore('grant', 'op-1', { ledMs: MINUTE_MS, members: 3 }));
});

void t.test('however many operations are said to be on the leader’s machine, each term lasts as long as the shortest may', async (t) => {
  const leaders = [handOver(), handOver(), handOver()];
  let changes = 0;
  let sinceMs = 0;
  for (nowMs = 0; nowMs <= 60 * MINUTE_MS; nowMs += 1_000) {
    const leader = leaders[changes % leaders.length];
    if (leader?.isDueBefore('grant', `op-${nowMs}`, { ledMs: nowMs - sinceMs, members: 3 }) !== true) continue;
    leader.begin('grant', `op-${nowMs}`);
    leader.end(true);
    changes += 1;
    sinceMs = nowMs;
  }
  t.equal(changes, 60, 'once in a minute');
});

void t.test('for one act on one operation it is given away once, and after nobody took it not for some minutes', async (t) => {
  nowMs = 0;
  const leader = handOver();
  const term = { ledMs: MINUTE_MS, members: 2 };
  leader.begin('grant', 'op-1');
  t.ok(leader.isDueBefore('grant', 'op-1', term), 'while it is under way');
  leader.end(true);
  t.notOk(leader.isDueBefore('grant', 'op-1', term));
  t.ok(leader.isDueBefore('begin', 'op-1', term));
  leader.begin('begin', 'op-1');
  leader.end(false);
  nowMs = 10 * MINUTE_MS;
  t.notOk(leader.isDueBefore('grant', 'op-2', term));
  nowMs += 1;
  t.ok(leader.isDueBefore('grant', 'op-2', term));
});
