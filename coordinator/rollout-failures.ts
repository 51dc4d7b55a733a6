import type { FailurePolicy } from './domain.ts';
import { overdue, type Overdue } from './rollout-deadlines.ts';
import { isSettled, type PlacedStep, type RolloutSituation } from './rollout-situation.ts';

export type FailureVerdict =
  | { readonly kind: 'pause'; readonly cause: 'failure'; readonly reason: string }
  | { readonly kind: 'abort'; readonly reason: string }
  /** It goes on without this node, which counts as failed. */
  | { readonly kind: 'give-up'; readonly late: Overdue };

/**
 * Says what follows from failed nodes and passed deadlines by the rollout's policy; undefined: it goes on. A canary that fails stops every
 * rollout, and so does a deadline that passed for a reason that is not one node's own, such as a gate: it would pass for the next one too.
 */
export function failureVerdict(situation: RolloutSituation, steps: readonly PlacedStep[]): FailureVerdict | undefined {
  const { onFailure } = situation.plan.spec;
  const reason = failureReason(onFailure, steps);
  if (reason !== undefined) return stop(onFailure, reason);
  const late = overdue(situation, steps);
  if (late === undefined) return undefined;
  return onFailure.action === 'continue' && late.isOfNode ? { kind: 'give-up', late } : stop(onFailure, late.reason);
}

/**
 * Says what a rollout is paused for by now, where its failed nodes have come to have failed otherwise: an operator has accepted one, or has taken
 * its slot. Undefined: it is as was said, or was paused for something else. One of which nothing but the UID is left is not told of anew.
 */
export function outdatedReason({ plan, state }: RolloutSituation, steps: readonly PlacedStep[]): string | undefined {
  if (state.state !== 'paused' || state.pause?.cause !== 'failure') return undefined;
  if (steps.some((step) => step.stage === 'failed' && step.hostname === step.uid)) return undefined;
  const reason = failureReason(plan.spec.onFailure, steps);
  return reason === state.reason ? undefined : reason;
}

function stop({ action }: FailurePolicy, reason: string): FailureVerdict {
  return action === 'abort' ? { kind: 'abort', reason } : { kind: 'pause', cause: 'failure', reason };
}

/** Which failed nodes stop a rollout by its policy; undefined: there are none, or it goes on without them. */
function failureReason({ action, tolerated }: FailurePolicy, steps: readonly PlacedStep[]): string | undefined {
  const failed = steps.filter((step) => step.stage === 'failed');
  const [first] = failed;
  if (first === undefined) return undefined;
  if (action !== 'continue') return describe(first);
  const canary = failed.find((step) => step.isCanary);
  if (canary !== undefined) return `the canary ${describe(canary)}`;
  if (failed.length > tolerated) return `${failed.length} nodes failed, and it goes on past ${tolerated} only: ${describeAll(failed)}`;
  const isLeft = steps.some((step) => !isSettled(step) && step.stage !== 'failed');
  return isLeft ? undefined : `all other nodes are done, ${failed.length} failed: ${describeAll(failed)}`;
}

const SHOWN = 3;

function describeAll(failed: readonly PlacedStep[]): string {
  const shown = failed.slice(0, SHOWN).map(describe).join('; ');
  return failed.length > SHOWN ? `${shown}; and ${failed.length - SHOWN} more` : shown;
}

function describe({ hostname, record }: PlacedStep): string {
  return `${hostname} failed: ${record?.message ?? 'no reason was given'}`;
}
