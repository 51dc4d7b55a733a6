import type { HeldSlot } from '../domain.ts';
import type { LiveNode } from '../ports.ts';

/**
 * Names the operation that has begun, as the ledger has it, and of which an agent that introduces itself knows nothing: neither as open nor as
 * ended. Its memory is older than the slot (a disk that was put back, a copy): what it says of itself proves nothing.
 */
export function forgottenOperation(
  slot: Pick<HeldSlot, 'state' | 'operation'> | undefined,
  { openOperations, endedOperations }: Pick<LiveNode, 'openOperations' | 'endedOperations'>,
): string | undefined {
  if (slot === undefined || slot.state === 'granted' || slot.state === 'ended') return undefined;
  const isKnown = [...openOperations, ...endedOperations].some(({ operation }) => operation === slot.operation);
  return isKnown ? undefined : slot.operation;
}
