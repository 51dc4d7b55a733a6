import { toUvsError } from '../../common/errors.ts';
import { isTemplate } from '../../common/unit-pattern.ts';
import type { CgroupVersion } from './control-group.ts';
import { dropInText, numbersIn } from './drop-in.ts';
import type { ObservedUnit } from './judge.ts';
import { podLimitFor } from './osd-memory.ts';
import type { LimitedMachine } from './ports.ts';
import { reasonsAgainst, refusals, type NodeCapacity } from './refusals.ts';
import { isNamedBy, wantedLimits, type LimitRule, type WantedLimits } from './wanted.ts';
import type { Written } from './written.ts';

/** A systemd that has not answered by then is no reason to wait on. */
const QUESTION_MS = 30_000;

/** What rules come to on the node as it is at this moment. */
export interface Look {
  readonly wanted: readonly WantedLimits[];
  /** By unit, why. */
  readonly refused: ReadonlyMap<string, string>;
  /** By unit, what it is left with where it is refused: what it was written before, or as much of that as it can bear now. */
  readonly kept: ReadonlyMap<string, LeftWith>;
  /** By unit, or pattern of a rule, what went wrong with it. */
  readonly failed: ReadonlyMap<string, string>;
  /** By the name in a rule, why there is no such unit to limit. */
  readonly absent: ReadonlyMap<string, string>;
  readonly version: CgroupVersion;
  readonly isRatioSet: boolean;
  /** Whether it is not known of each name in a rule of which unit it is. */
  readonly isUnsure: boolean;
  /** Those that are loaded. */
  readonly observed: ReadonlyMap<string, ObservedUnit>;
}

/** The drop-in of a unit, and the limits in it. */
export interface LeftWith {
  /** Undefined: there is to be none. */
  readonly text: string | undefined;
  readonly numbers: WantedLimits['numbers'];
}

/** @throws UvsError SERVICE_FAILED where systemd does not answer at all */
export async function lookAt(machine: LimitedMachine, rules: readonly LimitRule[], before: Written): Promise<Look> {
  const node = await machine.node();
  const limited = (await machine.limited()).filter((unit) => !isTemplate(unit));
  const failed = new Map<string, string>();
  const absent = new Map<string, string>();
  const loaded = new Set<string>();
  const unitsOf = new Map<string, readonly string[]>();
  let isUnsure = false;
  for (const pattern of new Set(rules.map((rule) => rule.pattern))) {
    if (isTemplate(pattern)) {
      absent.set(pattern, 'it is a template, and no service: name its services, or those of Ceph by a *');
      continue;
    }
    // systemd forgets a service that is stopped: where it is to be started again it finds its limits then
    let known = limited.filter((unit) => isNamedBy(pattern, unit));
    const answer = await attempt(failed, [pattern, ...known], (signal) => machine.matching(pattern, signal));
    if (answer !== undefined && 'why' in answer) {
      const { id, why } = answer;
      if (limited.includes(id)) known = [...new Set([...known, id])];
      for (const unit of known.length > 0 ? known : [pattern]) failed.set(unit, why);
    }
    const found = answer === undefined || 'why' in answer ? [] : answer;
    // it may be an alias of a unit that has limits, which nobody takes for forgotten then
    isUnsure ||= answer === undefined && !pattern.includes('*') && known.length === 0;
    for (const unit of found) loaded.add(unit);
    const isName = !pattern.includes('*');
    // a drop-in by an alias is none of its own
    unitsOf.set(pattern, isName && found.length > 0 ? found : [...new Set([...found, ...known])]);
    const isNowhere = found.length + known.length === 0 && !failed.has(pattern);
    if (isNowhere && isName) absent.set(pattern, 'there is no such unit here');
  }
  const observed = await observeAll(machine, loaded, failed);
  const wanted = wantedLimits(rules, await withoutGone(machine, unitsOf, observed, failed), node);
  const isRatioSet = await machine.isMemoryRatioSet();
  const kept = new Map<string, LeftWith>();
  for (const { unit } of wanted) {
    const text = before[unit];
    const numbers = text === undefined ? undefined : numbersIn(text);
    // a service that has grown meanwhile would be ended by what was taken from it by hand
    if (text !== undefined && numbers !== undefined && reasonsAgainst(numbers, observed.get(unit), node).length === 0)
      kept.set(unit, { text, numbers });
  }
  const keptNumbers = new Map([...kept].map(([unit, { numbers }]) => [unit, numbers]));
  const refused = refusals(wanted, observed, node, keptNumbers, failed);
  for (const unit of refused.keys()) {
    if (kept.has(unit) || failed.has(unit)) continue;
    const text = await attempt(failed, [unit], () => machine.readDropIn(unit));
    if (text !== undefined) kept.set(unit, borneOf(unit, text, { unit: observed.get(unit), node, isRatioSet }));
  }
  return { wanted, refused, kept, failed, absent, version: node.cgroupVersion, observed, isRatioSet, isUnsure };
}

/** Units by pattern, but those that a pattern alone names and that nothing starts any more: the drop-in that an agent left there is all that is known of them. */
async function withoutGone(
  machine: Pick<LimitedMachine, 'isAwaited'>,
  unitsOf: ReadonlyMap<string, readonly string[]>,
  observed: ReadonlyMap<string, ObservedUnit>,
  failed: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const isPattern = (pattern: string): boolean => pattern.includes('*');
  const named = new Set([...unitsOf].flatMap(([pattern, units]) => (isPattern(pattern) ? [] : units)));
  const gone = new Set<string>();
  for (const unit of new Set([...unitsOf.values()].flat())) {
    if (named.has(unit) || failed.has(unit) || observed.get(unit)?.isRunning === true) continue;
    // of one that nobody can tell of it is not known
    const isAwaited = await attempt(new Map(), [], (signal) => machine.isAwaited(unit, signal));
    if (isAwaited === false) gone.add(unit);
  }
  return new Map([...unitsOf].map(([pattern, units]) => [pattern, units.filter((unit) => !gone.has(unit))]));
}

/** What a unit can bear of its drop-in: whoever has systemd read its units again, as for another unit, would put the rest in force. */
function borneOf(
  name: string,
  text: string,
  { unit, node, isRatioSet }: { readonly unit: ObservedUnit | undefined; readonly node: NodeCapacity; readonly isRatioSet: boolean },
): LeftWith {
  const before = numbersIn(text);
  const numbers = new Map([...before].filter((limit) => reasonsAgainst(new Map([limit]), unit, node).length === 0));
  if (numbers.size === before.size) return { numbers, text };
  return { numbers, text: dropInText(numbers, podLimitFor(name, numbers.get('MemoryMax'), isRatioSet)) };
}

/** @param failed gets what went wrong, by unit */
export async function observeAll(
  machine: Pick<LimitedMachine, 'observe'>,
  units: Iterable<string>,
  failed: Map<string, string>,
): Promise<ReadonlyMap<string, ObservedUnit>> {
  const observed = new Map<string, ObservedUnit>();
  for (const unit of units) {
    const found = await attempt(failed, [unit], (signal) => machine.observe(unit, signal));
    if (found !== undefined) observed.set(unit, found);
  }
  return observed;
}

/**
 * What is odd about one unit keeps no other from its limits.
 * @param failed gets what went wrong, by unit
 * @throws UvsError where systemd does not answer: nor would it about the others
 */
export async function attempt<T>(
  failed: Map<string, string>,
  units: readonly string[],
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T | undefined> {
  const signal = AbortSignal.timeout(QUESTION_MS);
  try {
    return await work(signal);
  } catch (error) {
    if (signal.aborted) throw error;
    for (const unit of units) failed.set(unit, toUvsError(error).message);
    return undefined;
  }
}
