import t from 'tap';
import type { IdentityKind } from '../../../common/tls.ts';
import { NodePace } from '../../../coordinator/agents/node-pace.ts';
import { HandClock } from '../../support/hub.ts';

function peer(kind: IdentityKind, id: string) {
  return { identity: { cluster: 'test', kind, id } };
}

void t.test('a node that calls ever faster is looked at ten times a second, and waits half a minute at most', (t) => {
  const clock = new HandClock();
  const told: string[] = [];
  const pace = new NodePace(clock, (uid) => told.push(uid));
  const evil = peer('node', 'evil');
  const holds = (count: number): number[] => Array.from({ length: count }, () => pace.holdMs(evil));
  t.same(new Set(holds(60)), new Set([0]), 'an agent that has much to tell is not held');
  t.same(told, []);
  t.same(holds(3), [100, 200, 300]);
  t.equal(Math.max(...holds(10_000)), 30_000);
  t.same([pace.holdMs(peer('node', 'n1')), pace.holdMs(peer('operator', 'evil'))], [0, 0], 'nobody else waits');
  t.same(told, ['evil'], 'told once');
  clock.nowMs += 30_000;
  t.equal(pace.holdMs(evil), 100, 'what it owes has an end');
  clock.nowMs += 60_000;
  holds(61);
  t.same(told, ['evil', 'evil'], 'and again a minute later');
  t.end();
});
