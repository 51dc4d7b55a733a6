import type { EndedCounts, RolloutStateRecord, StepRecord } from '../domain.ts';
import type { Mirror } from './mirror.ts';
import { hasEnded } from './mirror.ts';
import type { RecordChange } from './record-change.ts';

/** How the steps of a rollout went, once no node holds a slot for it any more; a failure of an earlier attempt was to be tried again. */
export function countEnded({ attempt }: Pick<RolloutStateRecord, 'attempt'>, steps: Iterable<StepRecord>): EndedCounts {
  const counts = { succeeded: 0, failed: 0, skipped: 0 };
  for (const step of steps) {
    if (step.state === 'succeeded' || step.state === 'skipped') counts[step.state] += 1;
    else if (step.state === 'failed' && step.attempt >= attempt) counts.failed += 1;
  }
  return counts;
}

/**
 * Adds to a transaction's changes what its rollouts that have ended come to, so that nobody has to read all their steps for it: where one ends,
 * and where a node that kept its slot beyond the end is settled.
 */
export function withEndedCounts(mirror: Mirror, changes: readonly RecordChange[]): readonly RecordChange[] {
  const ids = new Set(
    changes.flatMap((change) => (change.of === 'rollout-state' ? [change.id] : change.of === 'step' ? [change.record.rollout] : [])),
  );
  const counted = new Map<string, RecordChange>();
  for (const id of ids) {
    const rollout = mirror.rollouts.get(id);
    const state = changes.findLast((change) => change.of === 'rollout-state' && change.id === id);
    const record = state?.of === 'rollout-state' ? state.record : rollout?.state;
    if (rollout === undefined || record === undefined || !hasEnded(record)) continue;
    const steps = new Map(rollout.steps);
    for (const change of changes) if (change.of === 'step' && change.record.rollout === id) steps.set(change.record.uid, change.record);
    counted.set(id, { of: 'rollout-state', id, record: { ...record, counts: countEnded(record, steps.values()) } });
  }
  if (counted.size === 0) return changes;
  return [...changes.filter((change) => change.of !== 'rollout-state' || !counted.has(change.id)), ...counted.values()];
}
