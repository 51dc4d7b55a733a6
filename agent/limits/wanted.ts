import { toUvsError } from '../../common/errors.ts';
import type { LimitName } from '../../common/limits/keys.ts';
import { parseLimitName, parseLimitValue, resolveLimit, type LimitValue, type NodeSize } from '../../common/limits/value.ts';
import type { NodeCapacity } from './refusals.ts';

/** Limits as the cluster wants them of the units that a pattern names on this node. */
export interface LimitRule {
  /** "ceph-osd@*.service", or the name of one unit. */
  readonly pattern: string;
  readonly values: ReadonlyMap<LimitName, LimitValue>;
  /** Why it can't be carried out; '' where nothing speaks against it. */
  readonly trouble: string;
}

/** What the rules come to on one unit. */
export interface WantedLimits {
  readonly unit: string;
  /** In the unit of each key; undefined: no limit. */
  readonly numbers: ReadonlyMap<LimitName, number | undefined>;
  /** Sentence; '' where all rules can be carried out, and no two contradict each other. */
  readonly conflict: string;
}

/** Reads a rule that came from outside. One that this agent does not understand, as with a key that only a newer one knows, is trouble wholly, and no other is. */
export function limitRule(pattern: string, texts: Readonly<Record<string, string>>): LimitRule {
  const values = new Map<LimitName, LimitValue>();
  try {
    for (const [text, value] of Object.entries(texts)) {
      const name = parseLimitName(text);
      values.set(name, parseLimitValue(name, value));
    }
    return { pattern, values, trouble: '' };
  } catch (error) {
    return { pattern, values: new Map(), trouble: toUvsError(error).message };
  }
}

/**
 * What rules come to on the units that are there. A rule for one unit by its name counts before one with a pattern; two patterns that say
 * different things of one unit contradict each other, and neither is carried out there, nor are two names of it.
 * @param unitsOf names of the units on this node by pattern
 */
export function wantedLimits(
  rules: readonly LimitRule[],
  unitsOf: ReadonlyMap<string, readonly string[]>,
  node: NodeSize & Pick<NodeCapacity, 'mostOpenFiles'>,
): readonly WantedLimits[] {
  const rulesOf = new Map<string, LimitRule[]>();
  for (const rule of rules) for (const unit of unitsOf.get(rule.pattern) ?? []) rulesOf.set(unit, [...(rulesOf.get(unit) ?? []), rule]);
  return [...rulesOf].map(([unit, its]) => ofUnit(unit, its, node)).toSorted((a, b) => (a.unit < b.unit ? -1 : 1));
}

/** Whether a pattern of systemctl(1) names a unit; of its signs UVS has the star alone. */
export function isNamedBy(pattern: string, unit: string): boolean {
  const parts = pattern.split('*');
  const [first = '', last = ''] = [parts.at(0), parts.at(-1)];
  if (parts.length === 1) return pattern === unit;
  if (unit.length < first.length + last.length || !unit.startsWith(first) || !unit.endsWith(last)) return false;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = unit.indexOf(part, at);
    if (found === -1 || found + part.length > unit.length - last.length) return false;
    at = found + part.length;
  }
  return true;
}

function ofUnit(unit: string, rules: readonly LimitRule[], node: Parameters<typeof wantedLimits>[2]): WantedLimits {
  const numbers = new Map<LimitName, number | undefined>();
  const saidBy = new Map<LimitName, LimitRule>();
  const conflicts = rules.flatMap(({ trouble }) => (trouble === '' ? [] : [trouble]));
  for (const rule of rules.toSorted((a, b) => rank(a) - rank(b))) {
    for (const [name, value] of rule.values) {
      // the kernel takes no more, and `infinity` for none (setrlimit(2))
      const number = resolveLimit(name, value, node) ?? (name === 'LimitNOFILE' ? node.mostOpenFiles : undefined);
      const before = saidBy.get(name);
      if (before !== undefined) {
        if (rank(before) === rank(rule) && numbers.get(name) !== number)
          conflicts.push(`${before.pattern} and ${rule.pattern} set different values of ${name}`);
        continue;
      }
      saidBy.set(name, rule);
      numbers.set(name, number);
    }
  }
  return { unit, numbers, conflict: conflicts.join('; ') };
}

/** What has no pattern is of one unit, be it by an alias. */
function rank({ pattern }: LimitRule): number {
  return pattern.includes('*') ? 1 : 0;
}
