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

/** How long a node takes from begun to confirmed. */
export interface Pace {
  readonly ms: number;
  /** By nodes with which this very release was brought, or taken back: its tasks are in it. Else by the last rollouts of the kind, whose tasks were others. */
  readonly isOfRelease: boolean;
}

/** What nodes took lately, as the median: of rollouts of the very release where there are such, also of one that has not ended; undefined: there was none of the kind. */
export async function recentPace(etcd: Pick<Etcd, 'get' | 'range'>, goal: RolloutGoal): Promise<Pace | undefined> {
  const durations = new Map<string, number[]>();
  for (const step of await recentSteps(etcd, STEPS_READ)) {
    const ms = durationMs(step);
    if (ms !== undefined) durations.set(step.rollout, [...(durations.get(step.rollout) ?? []), ms]);
  }
  const [same, alike]: [number[], number[]] = [[], []];
  let used = 0;
  for (const [rollout, some] of [...durations].slice(0, ROLLOUTS_READ)) {
    const entry = await etcd.get(keys.rolloutPlan(rollout));
    if (entry === undefined) continue;
    const other = parseRecord(planSchema, entry).spec.goal;
    if (other.kind !== goal.kind) continue;
    if (isSame(other, goal)) same.push(...some);
    if (used < ROLLOUTS_USED) alike.push(...some);
    used += 1;
    // none that is older tells more
    if (used >= ROLLOUTS_USED && (same.length > 0 || !hasRelease(goal))) break;
  }
  const ms = median(same.length > 0 ? same : alike);
  return ms === undefined ? undefined : { ms, isOfRelease: same.length > 0 };
}

function hasRelease({ kind }: RolloutGoal): boolean {
  return kind === 'release' || kind === 'rollback';
}

/** Whether both are about one release; all other actions are about none. */
function isSame(one: RolloutGoal, other: RolloutGoal): boolean {
  if (one.kind === 'release') return other.kind === 'release' && one.package === other.package;
  return one.kind === 'rollback' && other.kind === 'rollback' && one.release === other.release;
}

function median(values: readonly number[]): number | undefined {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)];
}

/** A wall clock that was set meanwhile is no measure. */
function durationMs({ state, beganAt, endedAt }: StepRecord): number | undefined {
  if (state !== 'succeeded' || beganAt === undefined || endedAt === undefined || endedAt < beganAt) return undefined;
  return endedAt - beganAt;
}
