import { UvsError } from '../common/errors.ts';
import type { RolloutPlanRecord } from './domain.ts';

/** etcd takes requests of 1.5 MiB; the rest is for what is written beside the plan. */
const MOST_BYTES = 1_400_000;
/** UTF-8 takes at most three bytes for a UTF-16 unit, JSON two for a quote. */
const BYTES_PER_CHARACTER = 3;
/** Of one reason, beside its text: a UID and the punctuation of JSON. */
const ENTRY_BYTES = 48;

/**
 * Makes a plan small enough for one value of etcd: without the host names, which only nodes that have left are shown by, and then by cutting the
 * reasons for which nodes are left out, of which the first words must do where there are thousands. @throws UvsError INVALID_ARGUMENT where what cannot be cut is too large already
 */
export function fitPlan(plan: RolloutPlanRecord): RolloutPlanRecord {
  if (bytesOf(plan) <= MOST_BYTES) return plan;
  if (plan.hostnames.length > 0) return fitPlan({ ...plan, hostnames: [] });
  const skipped = Object.entries(plan.skipped);
  const roomBytes = MOST_BYTES - bytesOf({ ...plan, skipped: {} });
  const characters = Math.floor((roomBytes / skipped.length - ENTRY_BYTES) / BYTES_PER_CHARACTER);
  if (skipped.length === 0 || characters < 2) {
    throw new UvsError(
      'INVALID_ARGUMENT',
      `a rollout that names ${plan.spec.selector.nodes.length} nodes one by one is too large to be stored`,
      {
        hint: 'Select the nodes by a role or a label.',
      },
    );
  }
  const cut = (reason: string): string => (reason.length <= characters ? reason : `${reason.slice(0, characters - 1)}…`);
  return { ...plan, skipped: Object.fromEntries(skipped.map(([uid, reason]) => [uid, cut(reason)])) };
}

function bytesOf(plan: RolloutPlanRecord): number {
  return Buffer.byteLength(JSON.stringify(plan));
}
