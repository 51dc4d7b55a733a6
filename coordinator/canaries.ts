import { UvsError } from '../common/errors.ts';
import type { Canary, NodeRecord } from './domain.ts';

/**
 * Puts the canaries before the others; each part keeps its order.
 * @param going the nodes of the plan in their order, `selected` also those that were left out
 * @throws UvsError NOT_FOUND for a canary that is not selected; NOT_ALLOWED_NOW where none of them is left to go; INVALID_ARGUMENT for more
 *   than are selected
 */
export function canariesFirst(
  going: readonly NodeRecord[],
  selected: readonly NodeRecord[],
  canary: Canary | undefined,
): { readonly order: readonly NodeRecord[]; readonly canaries: number } {
  if (canary === undefined || going.length === 0) return { order: going, canaries: 0 };
  if (canary.nodes.length === 0 && canary.count > selected.length) {
    throw new UvsError('INVALID_ARGUMENT', `${canary.count} canaries are more than the nodes that are selected (${selected.length})`, {
      hint: 'Canaries go before the others: choose fewer.',
    });
  }
  if (canary.nodes.length === 0) return { order: going, canaries: Math.min(canary.count, going.length) };
  const named = new Set(canary.nodes);
  const isNamed = (node: NodeRecord): boolean => named.has(node.uid) || named.has(node.hostname);
  const known = new Set(selected.flatMap((node) => [node.uid, node.hostname]));
  const stranger = canary.nodes.find((name) => !known.has(name));
  if (stranger !== undefined) {
    throw new UvsError('NOT_FOUND', `the canary ${stranger} is not among the selected nodes`, {
      hint: 'A canary is one of the nodes that the rollout goes to.',
      details: { node: stranger },
    });
  }
  const first = going.filter(isNamed);
  if (first.length === 0) {
    throw new UvsError('NOT_ALLOWED_NOW', `no canary is left to go first: ${canary.nodes.slice(0, 3).join(', ')} would be left out`, {
      hint: 'Name other canaries; the plan without any shows why these are left out.',
    });
  }
  return { order: [...first, ...going.filter((node) => !isNamed(node))], canaries: first.length };
}
