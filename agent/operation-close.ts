import { UvsError } from '../common/errors.ts';
import { addToHistory, type HistoryEntry } from './history.ts';
import { isBeforeSlot, isOver } from './machine.ts';
import type { NodeOperations } from './node-operations.ts';
import { reasonOf, recordEnd, settleEnd } from './operation-end.ts';
import { operatorNeeded, whyNeeded } from './operator-needed.ts';
import { replayOperations, type OperationState } from './operation-state.ts';

/**
 * Takes note that the end of an operation has been heard: it leaves the journal and goes into the history. What follows from the end is done first
 * where that failed before, for with the journal it would be forgotten. One that needs an operator stays until `settle`.
 * @throws UvsError BUSY while that is being done; whatever keeps it from being done
 */
export async function acknowledge(operations: NodeOperations, operation: string): Promise<void> {
  const state = operations.all().get(operation);
  if (state?.ended === undefined || state.ended.outcome === 'needs-operator') return;
  if (operations.running === operation) throw new UvsError('BUSY', `operation ${operation} has ended and is being settled`);
  {
    await using context = await operations.context(operation, undefined);
    await settleEnd(context);
  }
  await addToHistory(operations.state, historyEntry(state, state.ended));
  await operations.journal.append({ kind: 'acknowledged', operation });
  await operations.journal.compact((records) => {
    const open = replayOperations(records);
    return (record) => open.has(record.operation);
  });
}

/**
 * Ends an operation that needs an operator as failed, on the operator's word that the node is in order as it is. That end is reported and
 * acknowledged like any other, for the coordinator may not have heard of the operation's own, or keeps the slot because of it. One that was
 * interrupted and can't be recovered needs an operator from then on, and is ended by asking once more.
 * @param reason the operator's, may be empty
 * @throws UvsError NOT_FOUND
 */
export async function settle(operations: NodeOperations, operation: string, reason: string): Promise<void> {
  const state = operations.all().get(operation);
  if (state !== undefined && !isOver(state.phase) && !isBeforeSlot(state.phase)) {
    await using context = await operations.context(operation, undefined);
    const why = `NEEDS_OPERATOR: an operator gave up its recovery in ${state.phase}`;
    await recordEnd(context, 'needs-operator', operatorNeeded(operation, why));
    return;
  }
  if (state?.ended?.outcome !== 'needs-operator') throw new UvsError('NOT_FOUND', `no operation ${operation} needs an operator here`);
  await using context = await operations.context(operation, undefined);
  const word = `an operator accepted the node as it is${reason === '' ? '' : ` (${reason})`}`;
  context.tell(word);
  await recordEnd(context, 'failed', `NEEDS_OPERATOR: ${word}, after ${whyNeeded(operation, state.ended.message)}`);
  await settleEnd(context);
}

function historyEntry(state: OperationState, ended: NonNullable<OperationState['ended']>): HistoryEntry {
  const { operation, accepted, needsSlot, noSlotReason, token } = state;
  return {
    operation,
    ...(token === undefined ? {} : { token }),
    version: accepted?.version ?? '',
    fromVersion: accepted?.fromVersion ?? '',
    hadSlot: needsSlot,
    ...reasonOf(noSlotReason),
    outcome: ended.outcome,
    message: ended.message,
    endedAt: new Date().toISOString(),
  };
}
