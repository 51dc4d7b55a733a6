import { acceptCommands } from '../common/acceptance.ts';
import type { NodeStatus } from './core.ts';
import type { HeldSlot, NodeRecord } from './domain.ts';
import type { LiveNode, UnfinishedWork } from './ports.ts';

/** Phases of the agent in which the node is disturbed, or may be. */
const disturbing: ReadonlySet<string> = new Set([
  'begun',
  'pre',
  'stopping',
  'committing',
  'starting',
  'handing-over',
  'post',
  'confirming',
  'restarting',
  'rebooting',
  'migrating',
  'back',
]);

export function isDisturbing(phase: string): boolean {
  return disturbing.has(phase);
}

/**
 * Says how the leader counts a node, the gravest reason first; the sentence names the lesser ones too. Whoever shows it has the state before it.
 * Times are monotonic milliseconds. A node whose session this leader has not seen counts as silent: a new leader trusts nobody unheard.
 * An agent that is in the middle of an operation for which it holds no slot (somebody works from its console) is down as well; one that shows
 * a token for it (etcd was restored, or the token is invented) is not believed either. For the question "may it begin?" pass no slot: its own slot is what it asks with, not a reason against it.
 * @param endedMs when its last session with this leader ended; undefined where one is open, or none ever was
 */
export function nodeStatus(
  node: NodeRecord,
  live: LiveNode | undefined,
  slot: HeldSlot | undefined,
  nowMs: number,
  silentAfterMs: number,
  endedMs?: number,
): NodeStatus {
  const silence = describeSilence(live, nowMs, silentAfterMs, endedMs);
  const also = silence === undefined ? '' : `; ${silence}`;
  if (live?.quarantineReason !== undefined) return { state: 'quarantined', message: live.quarantineReason };
  if (slot?.state === 'quarantined') {
    const why = slot.revocation === undefined ? '' : ` (${slot.revocation.by}: ${slot.revocation.reason})`;
    return {
      state: 'quarantined',
      message: `its slot for ${slot.operation} was taken by force${why}, and it has not acknowledged${also}`,
    };
  }
  if (slot !== undefined && slot.state !== 'ended' && live?.forgottenOperation === slot.operation) {
    return {
      state: 'quarantined',
      message: `it has begun ${slot.operation} and its agent remembers nothing of it: docs/operations.md, "An agent that forgot"`,
    };
  }
  if (slot?.outcome === 'needs-operator') {
    return { state: 'needs-operator', message: `${slot.outcomeMessage ?? 'the agent gave no reason'}${also}` };
  }
  const left = live?.openOperations.find((open) => open.phase === 'needs-operator');
  if (left !== undefined) {
    const message = `its agent has left ${left.operation} to an operator: once it is in order, on it: ${acceptCommands(left.operation)}`;
    return { state: 'needs-operator', message: `${message}${also}` };
  }
  const unknown = live?.openOperations.find((open) => isDisturbing(phaseOf(live, open)) && open.operation !== slot?.operation);
  if (unknown?.token !== undefined) {
    const what = `works on ${unknown.operation} (${phaseOf(live, unknown)}) with a token that the ledger never gave, or has lost`;
    return { state: 'quarantined', message: `${what}; it is confirmed nothing${also}` };
  }
  if (unknown !== undefined) {
    return { state: 'updating', message: `works on ${unknown.operation} (${phaseOf(live, unknown)}) without a slot for it${also}` };
  }
  if (slot !== undefined) return { state: 'updating', message: `${slotSentence(slot)}${also}` };
  if (node.cordonReason !== undefined) return { state: 'cordoned', message: `${node.cordonReason}${also}` };
  if (silence !== undefined) return { state: 'silent', message: silence };
  if (live?.failedServices === undefined) return { state: 'silent', message: 'connected, has not told yet whether its services run' };
  if (live.failedServices.length > 0) return { state: 'unhealthy', message: `not running: ${live.failedServices.join(', ')}` };
  return { state: 'ready', message: '' };
}

/** What ails a node; one that is silent may be well. */
export function illnessOf({ state, message }: NodeStatus): string | undefined {
  return state === 'ready' || state === 'silent' ? undefined : `${state}: ${message}`;
}

/** What a node's agent is in the middle of, or has left for an operator, as far as its open session tells; undefined: nothing. */
export function unfinishedWork(live: LiveNode | undefined): UnfinishedWork | undefined {
  for (const open of live?.openOperations ?? []) {
    const phase = phaseOf(live, open);
    if (open.phase === 'needs-operator' || phase === 'needs-operator' || isDisturbing(phase)) return { ...open, phase };
  }
  return undefined;
}

/** Whether the agent, as far as its open session tells, holds an operation that it has not ended yet. */
export function holdsOpen(live: LiveNode | undefined, operation: string): boolean {
  return live?.openOperations.some((open) => open.operation === operation && !over.has(open.phase)) === true;
}

/** Phases of an operation that has ended: the agent does nothing more for it and only waits to be heard. */
const over: ReadonlySet<string> = new Set(['done', 'rolled-back', 'failed']);

/** What the agent said last of an operation; at its hello, or since. Of one that had ended then it only repeats what it did before. */
function phaseOf(live: LiveNode | undefined, open: LiveNode['openOperations'][number]): string {
  if (over.has(open.phase)) return open.phase;
  return live?.progress.get(open.operation)?.phase ?? open.phase;
}

function describeSilence(
  live: LiveNode | undefined,
  nowMs: number,
  silentAfterMs: number,
  endedMs: number | undefined,
): string | undefined {
  if (live === undefined) {
    if (endedMs === undefined) return 'not heard since this coordinator leads';
    return `its connection ended ${Math.max(0, Math.floor((nowMs - endedMs) / 1000))} s ago`;
  }
  const silentMs = nowMs - live.lastHeardMs;
  return silentMs > silentAfterMs ? `unheard for ${Math.floor(silentMs / 1000)} s` : undefined;
}

function slotSentence(slot: HeldSlot): string {
  switch (slot.state) {
    case 'granted':
      return `has the slot for ${slot.operation}, has not begun`;
    case 'begun':
      return `${slot.operation} has begun`;
    case 'revoked':
      return `its slot for ${slot.operation} was taken back by ${slot.revocation?.by ?? 'an operator'}, it has not acknowledged yet`;
    case 'quarantined':
      return `its slot for ${slot.operation} was taken by force`;
    case 'ended':
      return `${slot.operation} has ended (${slot.outcome ?? 'no outcome'}), its health is being checked`;
  }
}
