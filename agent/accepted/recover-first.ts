import { toUvsError, UvsError, type Reason } from '../../common/errors.ts';
import { HandedOver } from '../handover.ts';
import { isOver } from '../operation-machine.ts';
import type { NodeOperations } from '../node-operations.ts';
import { operatorNeeded } from '../operator-needed.ts';
import type { OperationState } from '../operation-state.ts';
import { recoverAlone } from '../recovery.ts';

/**
 * What may be lost for good: a file system that is not there as it was, and the records that say how to go on. For these alone a recovery may be given
 * up. All else, such as a full disk, keeps it from its end now: later it succeeds, and until then there is nothing for an operator to decide.
 */
const losses: ReadonlySet<Reason> = new Set<Reason>(['NOT_FOUND', 'JOURNAL_CORRUPT']);

/**
 * Recovers an operation that was interrupted, or does what follows from an end that it has, before an operator's word on it is used. Where it can't be
 * recovered that is recorded, and it needs an operator from then on.
 * @throws HandedOver where another agent goes on with it; UvsError what keeps it from its end now: nothing was given up
 */
export async function recoverFirst(
  operations: NodeOperations,
  state: OperationState,
): Promise<'ended' | 'recovered' | 'needs-operator' | 'given-up'> {
  const { operation } = state;
  try {
    const ended = await recoverAlone(operations, state, true);
    if (ended?.outcome === 'needs-operator') return 'needs-operator';
    if (ended !== undefined) return isOver(state.phase) ? 'ended' : 'recovered';
  } catch (thrown) {
    if (thrown instanceof HandedOver) throw thrown;
    const error = toUvsError(thrown);
    if (!mayBeGivenUp(operations, operation, error)) throw notNow(operation, error);
    await giveUp(operations, operation, error);
    return 'given-up';
  }
  throw new UvsError('NOT_ALLOWED_NOW', `${operation} has asked this machine to reboot, and it has not gone down yet`, {
    hint: 'See what holds its shutdown up (systemctl list-jobs), or reboot it by hand: it comes to its end with the next boot.',
  });
}

/** An end is never taken back: whatever fails after its record is done later. */
function mayBeGivenUp(operations: NodeOperations, operation: string, { reason }: UvsError): boolean {
  return losses.has(reason) && operations.all().get(operation)?.ended === undefined;
}

function notNow(operation: string, error: UvsError): UvsError {
  return new UvsError(error.reason, `${operation} can't be brought to its end now, and was not given up: ${error.message}`, {
    cause: error,
    hint: error.hint ?? 'Mend that and ask again.',
  });
}

/** By the journal alone: what else is kept of the operation may be what is damaged. */
async function giveUp(operations: NodeOperations, operation: string, { message }: UvsError): Promise<void> {
  const { journal, root } = operations;
  const phase = operations.all().get(operation)?.phase ?? '';
  const why = `NEEDS_OPERATOR: an operator gave up its recovery in ${phase}: ${message}`;
  await journal.append({ kind: 'ended', operation, outcome: 'needs-operator', message: operatorNeeded(operation, why, root) });
}
