import { createHash } from 'node:crypto';
import type { LimitRecord, NodeRecord } from './domain.ts';
import { canonicalText } from './state/canonical.ts';

/** What a node is to keep of the units that one pattern names. */
export interface LimitRule {
  readonly unit: string;
  readonly values: Readonly<Record<string, string>>;
}

/** Limits that hold for one node, with the hash by which its agent tells of them. */
export interface NodeLimits {
  readonly hash: string;
  readonly rules: readonly LimitRule[];
}

/** Widest first: what a narrower scope says of a key counts. */
const ranks = ['cluster', 'role', 'label', 'node'] as const;

/** Whether a scope is for a node, and how narrow it is; of two roles the one that the node names first is the narrower one, of two labels the first in the alphabet. */
function placeOf(scope: string, node: Pick<NodeRecord, 'uid' | 'roles' | 'labels'>): readonly [number, number] | undefined {
  const [kind, name] = splitScope(scope);
  const rank = ranks.findIndex((each) => each === kind);
  if (kind === 'cluster') return [rank, 0];
  if (kind === 'node') return name === node.uid ? [rank, 0] : undefined;
  const names = kind === 'role' ? node.roles : labelsOf(node);
  const at = names.indexOf(name);
  return at === -1 ? undefined : [rank, names.length - at];
}

/** Says what of all that was set holds for a node, in the order of the units. */
export function limitsOf(node: Pick<NodeRecord, 'uid' | 'roles' | 'labels'>, records: Iterable<LimitRecord>): NodeLimits {
  const its = [...records].flatMap((record) => {
    const place = placeOf(record.scope, node);
    return place === undefined ? [] : [{ record, place }];
  });
  its.sort((a, b) => a.place[0] - b.place[0] || a.place[1] - b.place[1]);
  const byUnit = new Map<string, Record<string, string>>();
  for (const { record } of its) byUnit.set(record.unit, { ...byUnit.get(record.unit), ...record.values });
  const rules = [...byUnit].map(([unit, values]) => ({ unit, values })).toSorted((a, b) => (a.unit < b.unit ? -1 : 1));
  return { hash: createHash('sha256').update(canonicalText(rules)).digest('hex'), rules };
}

/** "role/osd" as ["role", "osd"]; "cluster" as ["cluster", ""]. */
export function splitScope(scope: string): readonly [string, string] {
  const at = scope.indexOf('/');
  return at === -1 ? [scope, ''] : [scope.slice(0, at), scope.slice(at + 1)];
}

function labelsOf({ labels }: Pick<NodeRecord, 'labels'>): readonly string[] {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .toSorted();
}
