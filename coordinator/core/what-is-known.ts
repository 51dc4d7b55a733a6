import type { HeldSlot } from '../domain.ts';
import type { Mirror } from '../state/mirror.ts';
import { statusOf, type Leading } from './leading.ts';

/** Says in one sentence what the leader knows of a node at this moment; an override's audit entry carries it. */
export function whatIsKnown(leading: Leading, mirror: Mirror, uid: string): string {
  const slot = mirror.slots.get(uid);
  const node = mirror.nodes.get(uid);
  const heard = leading.link.lastHeard(uid);
  return [
    slot === undefined ? 'it holds no slot' : describeSlot(slot),
    node === undefined ? 'it is not enrolled' : `it counts as ${statusOf(leading, node, slot).state}`,
    heard === undefined
      ? 'not heard since this coordinator runs'
      : `last heard ${Math.max(0, Math.round((leading.clock.monotonicMs() - heard.atMs) / 1000))} s ago${heard.doing === '' ? '' : ` (${heard.doing})`}`,
  ].join(', ');
}

function describeSlot({ state, operation, rollout, outcome }: HeldSlot): string {
  const of = rollout === '' ? '' : ` of ${rollout}`;
  return `its slot for ${operation}${of} is ${state}${outcome === undefined ? '' : ` (${outcome})`}`;
}
