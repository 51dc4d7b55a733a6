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
  const { action, tolerated } = situation.plan.spec.onFailure;
  const failed = steps.filter((step) => step.stage === 'failed');
  const [first] = failed;
  const stop = (reason: string): FailureVerdict =>
    action === 'abort' ? { kind: 'abort', reason } : { kind: 'pause', cause: 'failure', reason };
  if (first !== undefined) {
    const reason = describe(first);
    if (action !== 'continue') return stop(reason);
    const canary = failed.find((step) => step.isCanary);
    if (canary !== undefined) return stop(`the canary ${describe(canary)}`);
    if (failed.length > tolerated) return stop(`${failed.length} nodes failed, and it goes on with ${tolerated}: ${describeAll(failed)}`);
    if (steps.every((step) => isSettled(step) || step.stage === 'failed')) {
      return stop(`all other nodes are done, ${failed.length} failed: ${describeAll(failed)}`);
    }
  }
  const late = overdue(situation, steps);
  if (late === undefined) return undefined;
  return action === 'continue' && late.isOfNode ? { kind: 'give-up', late } : stop(late.reason);
}

const SHOWN = 3;

function describeAll(failed: readonly PlacedStep[]): string {
  const shown = failed.slice(0, SHOWN).map(describe).join('; ');
  return failed.length > SHOWN ? `${shown}; and ${failed.length - SHOWN} more` : shown;
}

function describe({ hostname, record }: PlacedStep): string {
  return `${hostname} failed: ${record?.message ?? 'no reason was given'}`;
}
