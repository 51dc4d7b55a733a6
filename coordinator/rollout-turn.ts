import { canaryHold } from './rollout-canary.ts';
import type { RolloutStateRecord } from './domain.ts';
import { isInFlight, isSettled, type PlacedStep, type RolloutSituation } from './rollout-situation.ts';

/** For whom a rollout tries to get slots at this moment. */
export interface Turn {
  readonly state: RolloutStateRecord['state'];
  /** UIDs of those about whom it is asked again and again; what they were refused last is so. */
  readonly open: ReadonlySet<string>;
}

export function turnOf(situation: RolloutSituation, steps: readonly PlacedStep[]): Turn {
  const { state } = situation.state;
  const isAsking = state === 'running' && roomFor(situation, steps) > 0;
  return { state, open: new Set(isAsking ? stepsInTurn(situation, steps).map(({ uid }) => uid) : []) };
}

/** How many more of its nodes a rollout may have out of service at once. */
export function roomFor({ plan }: RolloutSituation, steps: readonly PlacedStep[]): number {
  const { mode, budget } = plan.spec;
  return (mode === 'rolling' ? 1 : budget) - steps.filter(isInFlight).length;
}

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
