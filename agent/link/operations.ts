import type { Outcome } from '../../common/outcome.ts';
import type { NodeAction } from '../../common/node-action.ts';
import type { SlotToken } from '../../common/slot-token.ts';
import type { Ended, PackageOrigin, SlotKeeper } from '../ports.ts';

/** What the link needs of the part that runs operations (agent/runner.ts). */
export interface OperationRunner {
  /**
   * Runs an operation to its end, or goes on with it. Aborting with a UvsError CANCELLED withdraws it if it has not begun; with anything else
   * it stays open to be gone on with.
   * @throws UvsError BUSY, NEEDS_OPERATOR
   */
  runOperation(
    request: {
      readonly operation: string;
      readonly packageDigest: string;
      readonly manifestHash?: string;
      readonly origin: PackageOrigin;
      readonly action?: NodeAction;
      readonly rollBackAfterMs?: number;
      readonly stopping?: AbortSignal;
      readonly slots: SlotKeeper;
    },
    signal: AbortSignal,
  ): Promise<Ended>;
  /** What the journal holds, oldest first; `ended` where only the acknowledgement is missing. */
  openOperations(): Promise<readonly OpenOperation[]>;
  acknowledge(operation: string): Promise<void>;
  /** Takes note that the slot of an operation was taken back; durable when this resolves. */
  revoke(operation: string, token: SlotToken, reason: string): Promise<void>;
  /** Those that had a slot and whose end was heard, the latest last. */
  endedOperations(): Promise<readonly EndedOperation[]>;
  /** @throws UvsError NOT_FOUND while it is read */
  readOutput(operation: string): AsyncIterable<string>;
}

export interface EndedOperation {
  readonly operation: string;
  readonly token: SlotToken;
  readonly outcome: Outcome;
}

export interface OpenOperation {
  readonly operation: string;
  readonly phase: string;
  readonly token: SlotToken | undefined;
  readonly ended: Ended | undefined;
  /** It had begun when the agent ended, and waits to be gone on with. */
  readonly isInterrupted: boolean;
}

/**
 * Leaves out operations of a list that is longer than `most`: those whose end only has to be acknowledged, which is asked for by itself; without
 * a slot first, then the oldest.
 */
export function mostPressing(open: readonly OpenOperation[], most: number): readonly OpenOperation[] {
  const over = open.filter(({ ended }) => ended !== undefined && ended.outcome !== 'needs-operator');
  const isLocal = ({ token }: OpenOperation): boolean => token === undefined;
  const leastFirst = [...over.filter(isLocal), ...over.filter((operation) => !isLocal(operation))];
  const left = new Set(leastFirst.slice(0, Math.max(0, open.length - most)));
  return open.filter((operation) => !left.has(operation));
}
