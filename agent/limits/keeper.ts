import { isDeepStrictEqual } from 'node:util';
import { limitKeys } from '../../common/limits/keys.ts';
import type { Stored } from '../kept/stored.ts';
import type { CgroupVersion } from './control-group.ts';
import { dropInPath, dropInText } from './drop-in.ts';
import { differingLimits, standingOf, type ObservedUnit, type Standing } from './judge.ts';
import type { LimitedMachine } from './ports.ts';
import { refusals } from './refusals.ts';
import { describeTold, memoryToTell } from './osd-memory.ts';
import { isNamedBy, wantedLimits, type LimitRule, type WantedLimits } from './wanted.ts';
import type { Written } from './written.ts';

/** A systemd that has not answered by then is no reason to wait on. */
const QUESTION_MS = 30_000;
const RELOAD_MS = 120_000;
const ABSENT = 'there is no such unit here';

/** How it stands with one unit. */
export interface LimitedUnit {
  readonly unit: string;
  readonly state: Standing['state'] | 'refused';
  readonly message: string;
  /** What was found otherwise than it was left, and has been put right: names of limits, and the path of the drop-in. */
  readonly mended: readonly string[];
}

interface Judged {
  readonly wanted: readonly WantedLimits[];
  /** By unit, why. */
  readonly refused: ReadonlyMap<string, string>;
  readonly version: CgroupVersion;
  readonly isRatioSet: boolean;
  /** Those that are loaded. */
  readonly observed: ReadonlyMap<string, ObservedUnit>;
}

interface Changes {
  /** What the drop-ins are then, by unit. */
  readonly written: Written;
  /** Those that are to be otherwise; undefined: is to be removed. */
  readonly toWrite: ReadonlyMap<string, string | undefined>;
  /** By unit, what is otherwise than the agent left it though nothing else is wanted. */
  readonly mended: ReadonlyMap<string, readonly string[]>;
  /** Whether the kernel has other limits than the drop-ins. */
  readonly isDrifted: boolean;
}

/** Keeps the limits of units as rules have them: writes them, proves them from what the kernel says, and puts them back where somebody changes them. */
export class LimitKeeper {
  readonly #machine: LimitedMachine;
  readonly #written: Stored<Written>;
  /** Whether systemd is still to read its units again. */
  readonly #owed: Stored<boolean>;

  constructor(machine: LimitedMachine, written: Stored<Written>, owed: Stored<boolean>) {
    this.#machine = machine;
    this.#written = written;
    this.#owed = owed;
  }

  /**
   * Carries the rules out; may be run again at any time. A unit that is refused keeps the limits that it has.
   * @throws UvsError SERVICE_FAILED, and what the disk says
   */
  async keep(rules: readonly LimitRule[]): Promise<readonly LimitedUnit[]> {
    const judged = await this.#judge(rules);
    const { wanted, refused, version, observed } = judged;
    const before = (await this.#written.read()) ?? {};
    const { written, toWrite, mended, isDrifted } = await this.#changes(judged, before);
    const isOwed = toWrite.size > 0 || (await this.#owed.read()) === true;
    const isChanged = isOwed || isDrifted;
    // whoever dies before the reload, or whose reload fails, leaves files that are as they should be, and nobody told systemd
    if (toWrite.size > 0) await this.#owed.write(true);
    for (const [unit, text] of toWrite) await this.#machine.writeDropIn(unit, text);
    if (isChanged) await this.#machine.reload(AbortSignal.timeout(RELOAD_MS));
    // what systemd was not told of is nobody's change at the next look
    if (!isDeepStrictEqual(written, before)) await this.#written.write(written);
    if (isOwed) await this.#owed.write(false);
    const after = isChanged ? await this.#observeAll(observed.keys()) : observed;
    const absent = absentUnits(rules, wanted).map((unit) => ({
      unit,
      state: 'refused' as const,
      message: ABSENT,
      mended: [],
    }));
    const standings = wanted.map(({ unit, numbers }): LimitedUnit => {
      const refusal = refused.get(unit);
      if (refusal !== undefined) return { unit, state: 'refused', message: refusal, mended: [] };
      const now = after.get(unit);
      // a service that systemd does not have loaded has no process that could be limited
      const putBack = mended.get(unit) ?? [];
      if (now === undefined) return { unit, state: 'in-force', message: '', mended: putBack };
      const told = toldTo(unit, numbers, judged);
      const memoryTold = describeTold(unit, numbers.get('MemoryMax'), told);
      const standing = standingOf({ numbers, ownDropIn: `/${dropInPath(unit)}`, memoryToTell: told, memoryTold }, now, version);
      const differing: readonly string[] = differingLimits(numbers, now, version);
      return { unit, ...standing, mended: putBack.filter((name) => !differing.includes(name)) };
    });
    return [...standings, ...absent];
  }

  /** Says which units' limits would be refused now, and why, if the rules were carried out; changes nothing. */
  async foresee(rules: readonly LimitRule[]): Promise<ReadonlyMap<string, string>> {
    const { wanted, refused } = await this.#judge(rules);
    return new Map([...refused, ...absentUnits(rules, wanted).map((unit) => [unit, ABSENT] as const)]);
  }

  async #judge(rules: readonly LimitRule[]): Promise<Judged> {
    const node = await this.#machine.node();
    const limited = await this.#machine.limited();
    const loaded = new Set<string>();
    const unitsOf = new Map<string, readonly string[]>();
    for (const pattern of new Set(rules.map((rule) => rule.pattern))) {
      const found = await this.#machine.matching(pattern, AbortSignal.timeout(QUESTION_MS));
      for (const unit of found) loaded.add(unit);
      // systemd forgets a service that is stopped: it finds its limits when it starts again
      unitsOf.set(pattern, [...new Set([...found, ...limited.filter((unit) => isNamedBy(pattern, unit))])]);
    }
    const wanted = wantedLimits(rules, unitsOf, node);
    const observed = await this.#observeAll(loaded);
    const isRatioSet = await this.#machine.isMemoryRatioSet();
    return { wanted, refused: refusals(wanted, observed, node), version: node.cgroupVersion, observed, isRatioSet };
  }

  async #changes(judged: Judged, before: Written): Promise<Changes> {
    const { wanted, refused, version, observed } = judged;
    const written: Record<string, string> = {};
    const toWrite = new Map<string, string | undefined>();
    const mended = new Map<string, readonly string[]>();
    let isDrifted = false;
    for (const { unit, numbers } of wanted) {
      const text = refused.has(unit) ? before[unit] : dropInText(numbers, toldTo(unit, numbers, judged));
      if (text !== undefined) written[unit] = text;
      if (refused.has(unit)) continue;
      const isOther = (await this.#machine.readDropIn(unit)) !== text;
      if (isOther) toWrite.set(unit, text);
      const found = observed.get(unit);
      const drifted = found === undefined ? [] : differingLimits(numbers, found, version).filter((name) => limitKeys[name].isLive);
      const isAsLeft = text !== undefined && before[unit] === text;
      if (isAsLeft) mended.set(unit, [...drifted, ...(isOther ? [`/${dropInPath(unit)}`] : [])]);
      isDrifted ||= drifted.length > 0;
    }
    for (const unit of await this.#left(wanted)) toWrite.set(unit, undefined);
    return { written, toWrite, mended, isDrifted };
  }

  async #observeAll(units: Iterable<string>): Promise<ReadonlyMap<string, ObservedUnit>> {
    const observed = new Map<string, ObservedUnit>();
    for (const unit of units) observed.set(unit, await this.#machine.observe(unit, AbortSignal.timeout(QUESTION_MS)));
    return observed;
  }

  /** Units that have limits which no rule wants any more. */
  async #left(wanted: readonly WantedLimits[]): Promise<readonly string[]> {
    const still = new Set(wanted.map(({ unit }) => unit));
    return (await this.#machine.limited()).filter((unit) => !still.has(unit));
  }
}

function toldTo(unit: string, numbers: WantedLimits['numbers'], { isRatioSet }: Pick<Judged, 'isRatioSet'>): number | undefined {
  return memoryToTell(unit, numbers.get('MemoryMax'), isRatioSet);
}

/** Units that rules name and this node lacks; a pattern is for whatever there is. */
function absentUnits(rules: readonly LimitRule[], wanted: readonly WantedLimits[]): readonly string[] {
  const there = new Set(wanted.map(({ unit }) => unit));
  return [...new Set(rules.map(({ pattern }) => pattern))].filter((pattern) => !pattern.includes('*') && !there.has(pattern));
}
