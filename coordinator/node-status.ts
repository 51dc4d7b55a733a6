import type { NodeStatus } from './core.ts';
import type { HeldSlot, NodeRecord } from './domain.ts';
import type { LiveNode } from './ports.ts';

/**
 * Says how the leader counts a node, the gravest reason first; the sentence names the lesser ones too.
 * Times are monotonic milliseconds. A node whose session this leader has not seen counts as silent: a new leader trusts nobody unheard.
 * For the question "may it begin?" pass no slot: its own slot is what it asks with, not a reason against it.
 */
export function nodeStatus(
  node: NodeRecord,
  live: LiveNode | undefined,
  slot: HeldSlot | undefined,
  nowMs: number,
  silentAfterMs: number,
): NodeStatus {
  const silence = describeSilence(live, nowMs, silentAfterMs);
  const also = silence === undefined ? '' : `; ${silence}`;
  if (live?.quarantineReason !== undefined) return { state: 'quarantined', message: `quarantined: ${live.quarantineReason}` };
  if (slot?.outcome === 'needs-operator') {
    return { state: 'needs-operator', message: `needs an operator: ${slot.outcomeMessage ?? 'the agent gave no reason'}${also}` };
  }
  if (live?.openOperations.some((open) => open.phase === 'needs-operator') === true) {
    return { state: 'needs-operator', message: `needs an operator: see the output of its open operation${also}` };
  }
  if (slot !== undefined) return { state: 'updating', message: `${slotSentence(slot)}${also}` };
  if (node.cordonReason !== undefined) return { state: 'cordoned', message: `cordoned: ${node.cordonReason}${also}` };
  if (silence !== undefined) return { state: 'silent', message: silence };
  if (live !== undefined && live.failedServices.length > 0) {
    return { state: 'unhealthy', message: `not running: ${live.failedServices.join(', ')}` };
  }
  return { state: 'ready', message: '' };
}

function describeSilence(live: LiveNode | undefined, nowMs: number, silentAfterMs: number): string | undefined {
  if (live === undefined) return 'not heard since this coordinator leads';
  const silentMs = nowMs - live.lastHeardMs;
  return silentMs > silentAfterMs ? `silent for ${Math.floor(silentMs / 1000)} s` : undefined;
}

function slotSentence(slot: HeldSlot): string {
  switch (slot.state) {
    case 'granted':
      return `has the slot for ${slot.operation}, has not begun`;
    case 'begun':
      return `updating, ${slot.operation} has begun`;
    case 'ended':
      return `${slot.operation} has ended (${slot.outcome ?? 'no outcome'}), its health is being checked`;
  }
}
