import type { EarlierTry, StepRecord } from './domain.ts';

/** So many tries before the last are remembered of a step, in etcd and in the leader's memory: of ten thousand steps each may have them. */
export const KEPT_TRIES = 5;
/** The rest of a longer message is in the operation's output on its node. */
const MESSAGE_CHARACTERS = 200;

/** What is remembered of a step's tries once it is tried anew, newest first, and the operation that is forgotten for that, if any. */
export function earlierTries(step: StepRecord | undefined): {
  readonly earlier: readonly EarlierTry[];
  readonly forgotten: string | undefined;
} {
  if (step === undefined || step.operation === '') return { earlier: step?.earlier ?? [], forgotten: undefined };
  const all = [endedTry(step), ...step.earlier];
  return { earlier: all.slice(0, KEPT_TRIES), forgotten: all[KEPT_TRIES]?.operation };
}

/** A step as it was with one of its operations. */
export interface StepTry extends StepRecord {
  /** It was tried anew since: the output is on the node alone. */
  readonly isEarlier: boolean;
}

/** The step with each of its operations that are remembered, newest first. */
export function triesOf(step: StepRecord): readonly StepTry[] {
  const earlier = step.earlier.map((one) => ({ ...step, ...one, outputTail: '', earlier: [], isEarlier: true }));
  return [{ ...step, isEarlier: false }, ...earlier];
}

/** How often the node was tried: a resume after which it gave its operation back, or that began none, is no try. */
export function triesMade({ operation, earlier }: Pick<StepRecord, 'operation' | 'earlier'>): number {
  const before = earlier.filter(({ outcome }) => outcome !== 'never-acted').length;
  return operation === '' ? before : before + 1;
}

/** The step with this operation; undefined: it is none of its own, or is remembered no more. */
export function tryOf(step: StepRecord, operation: string): StepTry | undefined {
  return triesOf(step).find((one) => one.operation === operation);
}

/** Where its end was not heard before it was tried anew, what was decided of it stands for the outcome. */
function endedTry({ operation, attempt, state, message, outcome, beganAt, endedAt }: StepRecord): EarlierTry {
  return {
    operation,
    attempt,
    state,
    message: message.slice(0, MESSAGE_CHARACTERS),
    outcome: outcome ?? (state === 'failed' ? 'failed' : 'never-acted'),
    beganAt,
    endedAt,
  };
}
