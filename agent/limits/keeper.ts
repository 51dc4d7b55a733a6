import { isDeepStrictEqual } from 'node:util';
import { limitKeys } from '../../common/limits/keys.ts';
import type { Stored } from '../stored.ts';
import { dropInPath, dropInText } from './drop-in.ts';
import { NOT_RUNNING, differingLimits, standingOf, type Standing } from './judge.ts';
import { attempt, lookAt, observeAll, type Look } from './look.ts';
import type { LimitedMachine } from './ports.ts';
import { describeTold, memoryToTell } from './osd-memory.ts';
import type { LimitRule, WantedLimits } from './wanted.ts';
import type { Written } from './written.ts';

const RELOAD_MS = 120_000;

/** How it stands with one unit. */
export interface LimitedUnit {
  readonly unit: string;
  readonly state: Standing['state'] | 'refused';
  readonly message: string;
  /** What was found otherwise than it was left, and has been put right: names of limits, and the path of the drop-in. */
  readonly mended: readonly string[];
}

/** What a unit is to have, and the drop-in for it; undefined: none. */
interface Intended {
  readonly numbers: WantedLimits['numbers'];
  readonly text: string | undefined;
}

interface Changes {
  /** What the drop-ins of units are to be; undefined: there is to be none. */
  readonly texts: ReadonlyMap<string, string | undefined>;
  /** Drop-ins that are to be otherwise; undefined: is to be removed. */
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
   * Carries the rules out; may be run again at any time. A unit that is refused keeps the limits that it has, and so does one with which something goes wrong.
   * @throws UvsError SERVICE_FAILED, and what the disk says
   */
  async keep(rules: readonly LimitRule[]): Promise<readonly LimitedUnit[]> {
    const before = (await this.#written.read()) ?? {};
    const look = await lookAt(this.#machine, rules, before);
    const failed = new Map(look.failed);
    const { texts, toWrite, mended, isDrifted } = await this.#changes(look, before, failed);
    const isOwed = toWrite.size > 0 || (await this.#owed.read()) === true;
    const isChanged = isOwed || isDrifted;
    // whoever dies before the reload, or whose reload fails, leaves files that are as they should be, and nobody told systemd
    if (toWrite.size > 0) await this.#owed.write(true);
    for (const [unit, text] of toWrite) await attempt(failed, [unit], () => this.#machine.writeDropIn(unit, text));
    if (isChanged) await this.#machine.reload(AbortSignal.timeout(RELOAD_MS));
    // what systemd was not told of is nobody's change at the next look
    const written = writtenOf(look, texts, before, failed);
    if (!isDeepStrictEqual(written, before)) await this.#written.write(written);
    if (isOwed) await this.#owed.write(false);
    const after = isChanged ? await observeAll(this.#machine, look.observed.keys(), failed) : look.observed;
    return unitsOf({ ...look, failed, observed: after }, mended);
  }

  /** Says which units' limits would be refused now, and why, if the rules were carried out; changes nothing. */
  async foresee(rules: readonly LimitRule[]): Promise<ReadonlyMap<string, string>> {
    const { refused, failed, absent } = await lookAt(this.#machine, rules, (await this.#written.read()) ?? {});
    return new Map([...refused, ...failed, ...absent]);
  }

  async #changes(look: Look, before: Written, failed: Map<string, string>): Promise<Changes> {
    const { wanted, version, observed } = look;
    const texts = new Map<string, string | undefined>();
    const toWrite = new Map<string, string | undefined>();
    const mended = new Map<string, readonly string[]>();
    let isDrifted = false;
    for (const each of wanted) {
      const { unit } = each;
      const intended = intendedOf(each, look);
      if (intended === undefined || failed.has(unit)) continue;
      const { text, numbers } = intended;
      texts.set(unit, text);
      const isOther = await attempt(failed, [unit], async () => (await this.#machine.readDropIn(unit)) !== text);
      if (isOther === true) toWrite.set(unit, text);
      const found = observed.get(unit);
      const drifted = found === undefined ? [] : differingLimits(numbers, found, version).filter((name) => limitKeys[name].isLive);
      const isAsLeft = text !== undefined && before[unit] === text;
      if (isAsLeft) mended.set(unit, [...drifted, ...(isOther === true ? [`/${dropInPath(unit)}`] : [])]);
      isDrifted ||= drifted.length > 0;
    }
    for (const unit of await this.#left(wanted)) toWrite.set(unit, undefined);
    return { texts, toWrite, mended, isDrifted };
  }

  /** Units that have limits which no rule wants any more. */
  async #left(wanted: readonly WantedLimits[]): Promise<readonly string[]> {
    const still = new Set(wanted.map(({ unit }) => unit));
    return (await this.#machine.limited()).filter((unit) => !still.has(unit));
  }
}

/** What the agent has left: of a unit that was not written, what it was. */
function writtenOf({ wanted }: Look, texts: Changes['texts'], before: Written, failed: ReadonlyMap<string, string>): Written {
  const left = wanted.flatMap(({ unit }) => {
    const text = texts.has(unit) && !failed.has(unit) ? texts.get(unit) : before[unit];
    return text === undefined ? [] : [[unit, text] as const];
  });
  return Object.fromEntries(left);
}

function unitsOf(look: Look, mended: Changes['mended']): readonly LimitedUnit[] {
  const { wanted, failed, absent } = look;
  const there = new Set(wanted.map(({ unit }) => unit));
  const unwanted = [...failed].filter(([unit]) => !there.has(unit));
  return [
    ...wanted.map((each) => unitOf(each, look, mended.get(each.unit) ?? [])),
    ...unwanted.map(([unit, message]) => ({ unit, state: 'unmet' as const, message, mended: [] })),
    ...[...absent].map(([unit, message]) => ({ unit, state: 'refused' as const, message, mended: [] })),
  ];
}

function unitOf(each: WantedLimits, look: Look, mended: readonly string[]): LimitedUnit {
  const { unit, numbers } = each;
  const failure = look.failed.get(unit);
  if (failure !== undefined) return { unit, state: 'unmet', message: failure, mended: [] };
  const now = look.observed.get(unit);
  const intended = intendedOf(each, look);
  const differing: readonly string[] =
    now === undefined || intended === undefined ? [] : differingLimits(intended.numbers, now, look.version);
  const putBack = mended.filter((name) => !differing.includes(name));
  const refusal = look.refused.get(unit);
  if (refusal !== undefined) return { unit, state: 'refused', message: refusal, mended: putBack };
  // systemd has it loaded no more
  if (now === undefined) return { unit, ...NOT_RUNNING, mended: putBack };
  const told = toldTo(unit, numbers, look);
  const memoryTold = describeTold(unit, numbers.get('MemoryMax'), told);
  const standing = standingOf({ numbers, ownDropIn: `/${dropInPath(unit)}`, memoryToTell: told, memoryTold }, now, look.version);
  return { unit, ...standing, mended: putBack };
}

/** What a unit is to have: what is wanted, or, where that is refused, what it was left with; undefined: what it has. */
function intendedOf({ unit, numbers }: WantedLimits, look: Look): Intended | undefined {
  if (look.refused.has(unit)) return look.kept.get(unit);
  return { numbers, text: dropInText(numbers, toldTo(unit, numbers, look)) };
}

function toldTo(unit: string, numbers: WantedLimits['numbers'], { isRatioSet }: Pick<Look, 'isRatioSet'>): number | undefined {
  return memoryToTell(unit, numbers.get('MemoryMax'), isRatioSet);
}
