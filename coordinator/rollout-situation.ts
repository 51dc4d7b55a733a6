import type { RolloutPlanRecord, RolloutStateRecord, StepState } from './domain.ts';
import { stepStage, type StepSituation } from './rollout-step.ts';

/** All that decides what a rollout does next. */
export interface RolloutSituation {
  /** Monotonic, as all times in here. */
  readonly nowMs: number;
  readonly plan: RolloutPlanRecord;
  readonly state: RolloutStateRecord;
  /** Why nothing at all may be granted or begun now; undefined: it may. */
  readonly holdReason: string | undefined;
  /** What is recorded is not what was: etcd was put back, and nobody has adopted it yet. */
  readonly isPutBack: boolean;
  /** How long etcd has not taken what the coordinator is deciding. */
  readonly unwrittenMs: number;
  /** In the order of the plan, one for each of its nodes. */
  readonly steps: readonly StepSituation[];
  /** The same with where each is, where that is known already: of ten thousand steps few move at a time. */
  readonly placed?: readonly PlacedStep[];
  /** Nodes that may stage at once. */
  readonly stagingLimit: number;
  /** A question that was answered no is asked again after this long. */
  readonly retryMs: number;
}

/** A step with where it is, found once. */
export interface PlacedStep extends StepSituation {
  readonly stage: StepState;
  readonly isCanary: boolean;
}

export function placeSteps(situation: RolloutSituation): readonly PlacedStep[] {
  return situation.placed ?? situation.steps.map((step, index) => placeStep(step, index, situation));
}

/** @param index of the step in its plan */
export function placeStep(step: StepSituation, index: number, { plan, state }: Pick<RolloutSituation, 'plan' | 'state'>): PlacedStep {
  return { ...step, stage: stepStage(step, state), isCanary: index < plan.canaries };
}

/** Done with, well or by being left out. */
export function isSettled(step: PlacedStep): boolean {
  return step.stage === 'succeeded' || step.stage === 'skipped';
}

/** Nothing is to come of it without another try. */
export function isOver(step: PlacedStep): boolean {
  return step.stage === 'pending' || step.stage === 'failed' || isSettled(step);
}

/** Holds a slot for this rollout. */
export function isInFlight(step: PlacedStep): boolean {
  return step.stage === 'granted' || step.stage === 'begun' || step.stage === 'confirming';
}

export function isRefused(situation: RolloutSituation, step: StepSituation): boolean {
  return step.refusal !== undefined && situation.nowMs - step.refusal.atMs < situation.retryMs;
}
