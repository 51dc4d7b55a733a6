import { contentHash } from './content-hash.ts';
import { inScope, type ScopedNode } from './scope.ts';
import type { LimitRecord } from '../domain.ts';

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

/** Says what of all that was set holds for a node, in the order of the units. */
export function limitsOf(node: ScopedNode, records: Iterable<LimitRecord>): NodeLimits {
  const byUnit = new Map<string, Record<string, string>>();
  for (const record of inScope(node, records)) byUnit.set(record.unit, { ...byUnit.get(record.unit), ...record.values });
  const rules = [...byUnit].map(([unit, values]) => ({ unit, values })).toSorted((a, b) => (a.unit < b.unit ? -1 : 1));
  return { hash: contentHash(rules), rules };
}

/** Each value of a node by the unit and the name of the limit. */
export function flatLimits({ rules }: Pick<NodeLimits, 'rules'>): ReadonlyMap<string, string> {
  return new Map(rules.flatMap(({ unit, values }) => Object.entries(values).map(([name, value]) => [`${unit} ${name}`, value] as const)));
}
