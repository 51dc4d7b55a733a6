import { acceptCommands } from '../common/acceptance.ts';
import { UvsError } from '../common/errors.ts';
import type { HeldSlot } from './domain.ts';
import { holdsOpen } from './node-status.ts';
import type { LiveNode } from './ports.ts';

/**
 * Says why a slot that was left to an operator is not taken back from here: its agent holds the operation open until somebody accepts the node
 * there, and a slot that goes before that would leave a node of which nobody knows why it is down. Undefined: nothing speaks against it, because
 * its agent holds nothing open, or is not heard and somebody gives his word that the machine is off.
 */
export function refusalToRelease(slot: HeldSlot, live: LiveNode | undefined, hostname: string, isForced: boolean): UvsError | undefined {
  if (!isLeftToOperator(slot)) return undefined;
  const { operation, outcomeMessage = 'its agent gave no reason' } = slot;
  const details = { node: slot.uid, operation };
  if (holdsOpen(live, operation)) {
    return new UvsError('NOT_ALLOWED_NOW', `${hostname} needs an operator: ${outcomeMessage}`, {
      hint: afterReason(outcomeMessage, operation),
      details,
    });
  }
  if (live !== undefined || isForced) return undefined;
  return new UvsError('NOT_ALLOWED_NOW', `${hostname} needs an operator, and is not heard: ${outcomeMessage}`, {
    hint: `${afterReason(outcomeMessage, operation)} If the machine is off for good: --force --node-is-powered-off.`,
    details,
  });
}

export function isLeftToOperator({ state, outcome }: Pick<HeldSlot, 'state' | 'outcome'>): boolean {
  return state === 'ended' && outcome === 'needs-operator';
}

/** The agent's own words name the commands for the root that it manages, which nobody knows here. */
function afterReason(outcomeMessage: string, operation: string): string {
  return outcomeMessage.includes(`--accept ${operation} `)
    ? 'Put the node in order, then type on it what the reason names.'
    : howToAccept(operation);
}

/** What frees such a slot: only on the node itself can be seen whether it is all old or all new. */
export function howToAccept(operation: string): string {
  return `Put the node in order, then, on it: ${acceptCommands(operation)}.`;
}
