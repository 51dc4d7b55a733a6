import { isBeforeSlot, isOver } from '../../agent/operation-machine.ts';
import { replayOperations, type OperationState } from '../../agent/operation-state.ts';
import type { Machine } from './machine.ts';

/** The operation that a machine's agent works on, by its journal. */
export function currentOperation(machine: Machine): OperationState | undefined {
  return operations(machine).findLast(({ phase }) => !isOver(phase) && !isBeforeSlot(phase));
}

/** Whether the agent was told that it may begin an operation; it may have ended it since. */
export function hasBegun(machine: Machine, operation: string): boolean {
  const open = operations(machine).find((one) => one.operation === operation);
  return open === undefined ? machine.disk.history.some((past) => past.operation === operation) : !isBeforeSlot(open.phase);
}

/** Whether the agent will act on an operation no more: that is journalled. */
export function hasEnded(machine: Machine | undefined, operation: string): boolean {
  if (machine === undefined) return true;
  const open = operations(machine).find((one) => one.operation === operation);
  return open === undefined ? machine.disk.history.some((past) => past.operation === operation) : open.ended !== undefined;
}

/** The operation that a machine's agent leaves to an operator. */
export function needingOperator(machine: Machine): string | undefined {
  return operations(machine).find(({ phase }) => phase === 'needs-operator')?.operation;
}

/** Whether its agent is in the middle of nothing. */
export function isIdle(machine: Machine): boolean {
  return operations(machine).every(({ phase }) => isOver(phase) || isBeforeSlot(phase));
}

function operations(machine: Machine): readonly OperationState[] {
  return [...replayOperations(machine.disk.records).values()];
}
