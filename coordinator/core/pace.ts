import type { RolloutGoal, StepRecord } from '../domain.ts';
import type { Etcd } from '../etcd/port.ts';
import { keys } from '../state/keys.ts';
import { parseRecord } from '../state/parse.ts';
import { planSchema } from '../state/records.ts';
import { recentSteps } from './operation-list.ts';

const STEPS_READ = 100;
const ROLLOUTS_USED = 3;
/** Of any kind: a rollback is rare, and the last one may be many releases ago. */
const ROLLOUTS_READ = 20;

/** How long a node took lately from begun to confirmed, in milliseconds: the median of the last rollouts of the kind; undefined: there was none. */
export async function recentPaceMs(etcd: Pick<Etcd, 'get' | 'range'>, kind: RolloutGoal['kind']): Promise<number | undefined> {
  const durations = new Map<string, number[]>();
  for (const step of await recentSteps(etcd, STEPS_READ)) {
    const ms = durationMs(step);
    if (ms !== undefined) durations.set(step.rollout, [...(durations.get(step.rollout) ?? []), ms]);
  }
  const found: number[] = [];
  let used = 0;
  for (const [rollout, some] of [...durations].slice(0, ROLLOUTS_READ)) {
    const entry = await etcd.get(keys.rolloutPlan(rollout));
    if (entry === undefined || parseRecord(planSchema, entry).spec.goal.kind !== kind) continue;
    found.push(...some);
    used += 1;
    if (used === ROLLOUTS_USED) break;
  }
  return found.toSorted((left, right) => left - right)[Math.floor(found.length / 2)];
}

/** A wall clock that was set meanwhile is no measure. */
function durationMs({ state, beganAt, endedAt }: StepRecord): number | undefined {
  if (state !== 'succeeded' || beganAt === undefined || endedAt === undefined || endedAt < beganAt) return undefined;
  return endedAt - beganAt;
}
