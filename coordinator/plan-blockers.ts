import type { Plan } from './rollout-view.ts';
import { describeUnready, mayDisturb, type BudgetView, type CountedNode, type RolloutBudget } from './budget.ts';

const READY = { state: 'ready', message: '' } as const;

/** Kinds as in uvs.v1.Blocker; for gates the caller adds its own, with `gate/NAME`. */
export type PlanBlocker = Plan['blockers'][number];

/** Says what would hold a plan up at this moment: what forbids its first node, also once that is ready, and every later node that is not ready. */
export function planBlockers(view: BudgetView, planned: readonly CountedNode[], asking: RolloutBudget): readonly PlanBlocker[] {
  const [first, ...later] = planned;
  if (first === undefined) return [];
  const verdict = mayDisturb(view, first, asking);
  const isUnready = !verdict.isYes && verdict.kind === 'node';
  const verdicts = isUnready ? [verdict, mayDisturb(view, { ...first, status: READY }, asking)] : [verdict];
  return [
    ...verdicts.flatMap((each) => (each.isYes ? [] : [{ kind: each.kind, message: each.message }])),
    ...later.flatMap((counted) => {
      const message = describeUnready(counted, asking);
      return message === undefined ? [] : [{ kind: 'node', message }];
    }),
  ];
}
