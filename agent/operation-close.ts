import { UvsError } from '../common/errors.ts';
import { addToHistory, type HistoryEntry } from './history.ts';
import type { NodeOperations } from './node-operations.ts';
import { reasonOf, settleEnd } from './operation-end.ts';
import { replayOperations, type OperationState } from './operation-state.ts';

/**
 * Takes note that the end of an operation has been heard: it leaves the journal and goes into the history. What follows from the end is done first
 * where that failed before, for with the journal it would be forgotten. One that needs an operator stays until `settle` (accepted/settle.ts).
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
