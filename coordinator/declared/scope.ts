import type { NodeRecord } from '../domain.ts';

/** What of a node decides which scopes it is in. */
export type ScopedNode = Pick<NodeRecord, 'uid' | 'roles' | 'labels'>;

/** Widest first: what a narrower scope says of a key counts. */
const ranks = ['cluster', 'role', 'label', 'node'] as const;

/** Of all that was declared what is for a node, the narrowest last; of two roles the one that the node names first is the narrower one, of two labels the first in the alphabet. */
export function inScope<T extends { readonly scope: string }>(node: ScopedNode, records: Iterable<T>): readonly T[] {
  const its = [...records].flatMap((record) => {
    const place = placeOf(record.scope, node);
    return place === undefined ? [] : [{ record, place }];
  });
  its.sort((a, b) => a.place[0] - b.place[0] || a.place[1] - b.place[1]);
  return its.map(({ record }) => record);
}

/** "role/osd" as ["role", "osd"]; "cluster" as ["cluster", ""]. */
export function splitScope(scope: string): readonly [string, string] {
  const at = scope.indexOf('/');
  return at === -1 ? [scope, ''] : [scope.slice(0, at), scope.slice(at + 1)];
}

/** Whether a scope is for a node, and how narrow it is. */
function placeOf(scope: string, node: ScopedNode): readonly [number, number] | undefined {
  const [kind, name] = splitScope(scope);
  const rank = ranks.findIndex((each) => each === kind);
  if (kind === 'cluster') return [rank, 0];
  if (kind === 'node') return name === node.uid ? [rank, 0] : undefined;
  const names = kind === 'role' ? node.roles : labelsOf(node);
  const at = names.indexOf(name);
  return at === -1 ? undefined : [rank, names.length - at];
}

function labelsOf({ labels }: Pick<NodeRecord, 'labels'>): readonly string[] {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .toSorted();
}
