import type { NodeRecord } from '../domain.ts';

export interface ValueChange {
  readonly name: string;
  /** '' where nothing is declared. */
  readonly before: string;
  readonly after: string;
}

/** Nodes that would have the same changes. */
export interface ChangeForNodes {
  readonly changes: readonly ValueChange[];
  readonly nodes: readonly NodeRecord[];
}

type Values = (node: NodeRecord) => ReadonlyMap<string, string>;

/** Says what would be otherwise on nodes, in groups of those for which it is the same, the largest first. */
export function previewOf(nodes: readonly NodeRecord[], before: Values, after: Values): readonly ChangeForNodes[] {
  const groups = new Map<string, { changes: readonly ValueChange[]; nodes: NodeRecord[] }>();
  for (const node of nodes) {
    const changes = changesOf(before(node), after(node));
    if (changes.length === 0) continue;
    const key = JSON.stringify(changes);
    const group = groups.get(key) ?? { changes, nodes: [] };
    group.nodes.push(node);
    groups.set(key, group);
  }
  return [...groups.values()].toSorted((a, b) => b.nodes.length - a.nodes.length);
}

function changesOf(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): readonly ValueChange[] {
  return [...new Set([...before.keys(), ...after.keys()])]
    .toSorted()
    .map((name) => ({ name, before: before.get(name) ?? '', after: after.get(name) ?? '' }))
    .filter((change) => change.before !== change.after);
}
