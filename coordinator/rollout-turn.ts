import { canaryHold } from './rollout-canary.ts';
import { isInFlight, isSettled, type PlacedStep, type RolloutSituation } from './rollout-situation.ts';

/**
 * The steps whose turn it is: in a rolling rollout only the first that is left to do, in a parallel one every one without a slot. Of the
 * canaries alone until they are done, and of none while they soak.
 */
export function stepsInTurn(situation: RolloutSituation, steps: readonly PlacedStep[]): readonly PlacedStep[] {
  const hold = canaryHold(situation, steps);
  if (hold !== undefined && hold.kind !== 'going') return [];
  const left = steps.filter((step) => !isSettled(step) && step.stage !== 'failed' && (hold === undefined || step.isCanary));
  switch (situation.plan.spec.mode) {
    case 'rolling':
      return left.slice(0, 1);
    case 'parallel':
      return left.filter((step) => !isInFlight(step));
  }
}
