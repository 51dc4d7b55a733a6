import type { HeldSlot, RolloutPlanRecord, RolloutSpec, RolloutStateRecord, StepRecord } from '../../coordinator/domain.ts';
import { nextActions, type RolloutAction } from '../../coordinator/rollout.ts';
import type { RolloutSituation } from '../../coordinator/rollout-situation.ts';
import { observeStep, type StepFacts, type StepSituation } from '../../coordinator/rollout-step.ts';
import { rolloutPlan, rolloutState, slot, stepRecord } from './domain-records.ts';

/** Now, on the monotonic clock of every situation. */
export const NOW_MS = 1_000_000;

export const running = rolloutState();

/** One step as a test cares for it; the rest is as it mostly is. */
export interface Given extends Partial<Omit<StepFacts, 'record' | 'slot'>> {
  readonly record?: Partial<StepRecord>;
  readonly slot?: Partial<HeldSlot>;
  /** How long the step has been as it is. */
  readonly sinceMs?: number;
}

export function step(hostname: string, given: Given, state: RolloutStateRecord): StepSituation {
  const { record, slot: held, sinceMs = 0, ...rest } = given;
  const observed: StepFacts = {
    uid: `uid-${hostname}`,
    hostname,
    record: record === undefined ? undefined : stepRecord(hostname, record),
    slot: held === undefined ? undefined : slot(hostname, held),
    isEnrolled: true,
    isConnected: true,
    phase: undefined,
    phaseMessage: '',
    isAsleep: false,
    refusal: undefined,
    ...rest,
  };
  return { ...observed, milestones: observeStep(undefined, observed, state, NOW_MS - sinceMs) };
}

/** A rollout over the named nodes, in the order in which they are given. */
export function situation(
  steps: Readonly<Record<string, Given>>,
  state: RolloutStateRecord = running,
  spec: Partial<RolloutSpec> = {},
  plan: Partial<RolloutPlanRecord> = {},
): RolloutSituation {
  const names = Object.keys(steps);
  return {
    nowMs: NOW_MS,
    plan: {
      ...rolloutPlan(
        names.map((name) => `uid-${name}`),
        spec,
      ),
      ...plan,
    },
    state,
    steps: Object.entries(steps).map(([name, given]) => step(name, given, state)),
    holdReason: undefined,
    isPutBack: false,
    unwrittenMs: 0,
    stagingLimit: 2,
    retryMs: 5_000,
  };
}

/** Actions as "kind node", without what is waited for. */
export function wishes(given: RolloutSituation): readonly string[] {
  return nextActions(given).flatMap((action): readonly string[] => {
    if (action.kind === 'wait') return [];
    return ['uid' in action ? `${action.kind} ${action.uid.replace('uid-', '')}` : action.kind];
  });
}

export function waiting(given: RolloutSituation): RolloutAction | undefined {
  return nextActions(given).find((action) => action.kind === 'wait');
}

export const staged: Given = { record: { state: 'staging' }, phase: 'staged' };
export const fetching: Given = { record: { state: 'staging' }, phase: 'fetching', phaseMessage: 'Fetching 42 % 38 MB/s' };
export const done: Given = { record: { state: 'succeeded' } };
export const begun: Given = { record: { state: 'staging' }, phase: 'post', slot: { state: 'begun' } };
