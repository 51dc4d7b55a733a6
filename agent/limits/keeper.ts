import { limitKeys, type LimitName } from '../../common/limits/keys.ts';
import type { CgroupVersion } from './control-group.ts';
import { dropInPath, dropInText } from './drop-in.ts';
import { differingLimits, standingOf, type ObservedUnit, type Standing } from './judge.ts';
import type { LimitedMachine } from './ports.ts';
import { refusals } from './refusals.ts';
import { describeTold, memoryToTell } from './osd-memory.ts';
import { isNamedBy, wantedLimits, type LimitRule, type WantedLimits } from './wanted.ts';

/** A systemd that has not answered by then is no reason to wait on. */
const QUESTION_MS = 30_000;
const RELOAD_MS = 120_000;

/** How it stands with one unit. */
export interface LimitedUnit {
  readonly unit: string;
  readonly state: Standing['state'] | 'refused';
  readonly message: string;
  /** What was found otherwise than it was left, and has been put right. */
  readonly mended: readonly LimitName[];
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

/** Keeps the limits of units as rules have them: writes them, proves them from what the kernel says, and puts them back where somebody changes them. */
export class LimitKeeper {
  readonly #machine: LimitedMachine;

  constructor(machine: LimitedMachine) {
    this.#machine = machine;
  }

  /**
   * Carries the rules out; may be run again at any time. A unit that is refused keeps the limits that it has.
   * @throws UvsError SERVICE_FAILED, and what the disk says
   */
  async keep(rules: readonly LimitRule[]): Promise<readonly LimitedUnit[]> {
    const { wanted, refused, version, observed, isRatioSet } = await this.#judge(rules);
    const toTell = (unit: string, numbers: WantedLimits['numbers']): number | undefined =>
      memoryToTell(unit, numbers.get('MemoryMax'), isRatioSet);
    const mended = new Map<string, readonly LimitName[]>();
    let isChanged = false;
    for (const { unit, numbers } of wanted.filter(({ unit }) => !refused.has(unit))) {
      const text = dropInText(numbers, toTell(unit, numbers));
      if ((await this.#machine.readDropIn(unit)) !== text) {
        await this.#machine.writeDropIn(unit, text);
        isChanged = true;
      } else {
        const before = observed.get(unit);
        const drifted = before === undefined ? [] : differingLimits(numbers, before, version).filter((name) => limitKeys[name].isLive);
        if (drifted.length > 0) mended.set(unit, drifted);
        isChanged ||= drifted.length > 0;
      }
    }
    for (const unit of await this.#left(wanted)) {
      await this.#machine.writeDropIn(unit, undefined);
      isChanged = true;
    }
    if (isChanged) await this.#machine.reload(AbortSignal.timeout(RELOAD_MS));
    const after = isChanged ? await this.#observeAll(observed.keys()) : observed;
    const absent = absentUnits(rules, wanted).map((unit) => ({
      unit,
      state: 'refused' as const,
      message: 'there is no such unit here',
      mended: [],
    }));
    const standings = wanted.map(({ unit, numbers }): LimitedUnit => {
      const refusal = refused.get(unit);
      if (refusal !== undefined) return { unit, state: 'refused', message: refusal, mended: [] };
      const now = after.get(unit);
      // a service that systemd does not have loaded has no process that could be limited
      if (now === undefined) return { unit, state: 'in-force', message: '', mended: [] };
      const told = toTell(unit, numbers);
      const memoryTold = describeTold(unit, numbers.get('MemoryMax'), told);
      const standing = standingOf({ numbers, ownDropIn: `/${dropInPath(unit)}`, memoryToTell: told, memoryTold }, now, version);
      return { unit, ...standing, mended: standing.state === 'unmet' ? [] : (mended.get(unit) ?? []) };
    });
    return [...standings, ...absent];
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

/** Units that rules name and this node lacks; a pattern is for whatever there is. */
function absentUnits(rules: readonly LimitRule[], wanted: readonly WantedLimits[]): readonly string[] {
  const there = new Set(wanted.map(({ unit }) => unit));
  return [...new Set(rules.map(({ pattern }) => pattern))].filter((pattern) => !pattern.includes('*') && !there.has(pattern));
}
