import type { Etcd } from '../etcd/port.ts';
import { rangeAll } from '../etcd/port.ts';
import { keys } from '../state/keys.ts';
import type { Ledger } from '../state/ledger.ts';
import { loadRollouts } from '../state/load.ts';
import { hasEnded } from '../state/mirror.ts';
import { parseRecord } from '../state/parse.ts';
import { stepSchema } from '../state/records.ts';
import { triesOf } from '../step-tries.ts';

/** So many rollouts that have ended are kept, with their steps: etcd holds 2 GiB by default, and stops taking writes when it is full. */
export const KEPT_ROLLOUTS = 50;
/** Keys deleted in one transaction. */
const BATCH = 80;
const STEPS_PER_PAGE = 200;

/**
 * Forgets the oldest of the rollouts that have ended: first the operations' index, then the steps, last the rollout itself, so that a
 * leader that dies in between is followed by one that finds it and finishes. Which is older is told by etcd's revisions, not by clocks.
 * @returns how many it has forgotten
 */
export async function forgetOldRollouts(etcd: Etcd, ledger: Ledger, kept = KEPT_ROLLOUTS): Promise<number> {
  const ended = (await loadRollouts(etcd)).filter(({ plan, state }) => hasEnded(state) && !ledger.mirror.rollouts.has(plan.id));
  const old = ended.toSorted((left, right) => right.createRevision - left.createRevision).slice(kept);
  for (const { plan } of old) {
    const { entries } = await rangeAll(etcd, keys.steps(plan.id), STEPS_PER_PAGE);
    const operations = entries
      .flatMap((entry) => triesOf(parseRecord(stepSchema, entry)))
      .map(({ operation }) => keys.operation(operation));
    const audit = {
      actor: 'coordinator',
      action: 'rollouts.forget',
      resource: `rollouts/${plan.id}`,
      message: `of ${kept} that are kept the oldest`,
    };
    for (let from = 0; from < operations.length; from += BATCH) {
      const otherChanges = [...new Set(operations.slice(from, from + BATCH))].map((key) => ({ do: 'delete' as const, key }));
      await ledger.commit(() => ({ changes: [], otherChanges, audit, result: undefined }));
    }
    await ledger.commit(() => ({
      changes: [],
      otherChanges: [
        { do: 'delete-prefix', prefix: keys.steps(plan.id) },
        { do: 'delete', key: keys.rolloutPlan(plan.id) },
        { do: 'delete', key: keys.rolloutState(plan.id) },
      ],
      audit,
      result: undefined,
    }));
  }
  return old.length;
}
