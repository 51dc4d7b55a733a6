import type { PlanWave } from './rollout-view.ts';
import type { NodeRecord, RolloutSpec } from './domain.ts';

/**
 * Says in which waves the nodes of a plan are disturbed: the canaries, then, one node at a time, a wave for each rank, or all others at once
 * as far as the rollout's budget goes. `paceMs` is what a node took lately, from begun to confirmed; undefined: nobody knows.
 */
export function wavesOf(
  order: readonly NodeRecord[],
  canaries: number,
  spec: Pick<RolloutSpec, 'mode' | 'budget' | 'canary'>,
  paceMs: number | undefined,
): readonly PlanWave[] {
  const waves: PlanWave[] = [];
  const add = (name: string, nodes: number, soakMs: number, needsApproval: boolean): void => {
    const atOnce = spec.mode === 'rolling' ? 1 : Math.min(spec.budget, nodes);
    const expectedMs = paceMs === undefined ? undefined : Math.ceil(nodes / atOnce) * paceMs + soakMs;
    waves.push({ name, nodes, atOnce, soakMs, needsApproval, expectedMs });
  };
  if (canaries > 0) add('canary', canaries, spec.canary?.soakMs ?? 0, spec.canary?.needsApproval ?? false);
  const others = order.slice(canaries);
  if (spec.mode === 'parallel') {
    if (others.length > 0) add('all', others.length, 0, false);
    return waves;
  }
  let from = 0;
  for (const [index, node] of others.entries()) {
    const name = waveName(node);
    const following = others[index + 1];
    if (following !== undefined && waveName(following) === name) continue;
    add(name, index + 1 - from, 0, false);
    from = index + 1;
  }
  return waves;
}

function waveName(node: NodeRecord): string {
  return node.roles[0] ?? 'no role';
}
