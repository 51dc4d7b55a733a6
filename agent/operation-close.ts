import { UvsError } from '../common/errors.ts';
import { addToHistory, type HistoryEntry } from './history.ts';
import type { NodeOperations } from './node-operations.ts';
import { reasonOf, settleEnd } from './operation-end.ts';
import { readMarks } from './order-marks.ts';
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
  await settleInTurn(operations, operation);
  await addToHistory(operations.state, historyEntry(state, state.ended));
  await operations.journal.append({ kind: 'acknowledged', operation });
  await operations.journal.compact((records) => {
    const open = replayOperations(records);
    return (record) => open.has(record.operation);
  });
}

/**
 * Lets the ends of earlier operations have their effect where that has failed, as on a full disk, before another one begins: it goes by what is
 * installed. @throws whatever keeps it from being done
 */
export async function settleEarlier(operations: NodeOperations, operation: string): Promise<void> {
  const earlier = [...operations.all().values()].filter((other) => other.operation !== operation && other.ended?.installed !== undefined);
  if (earlier.length === 0) return;
  const { settled } = await readMarks(operations.state);
  for (const other of earlier) if (!settled.includes(other.operation)) await settleInTurn(operations, other.operation);
}

/** One at a time: an end may be acknowledged while another operation begins. */
function settleInTurn(operations: NodeOperations, operation: string): Promise<void> {
  return operations.inTurn(async () => {
    if (!operations.all().has(operation)) return;
    await using context = await operations.context(operation, undefined);
    await settleEnd(context);
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
