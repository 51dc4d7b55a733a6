import { isDeepStrictEqual } from 'node:util';
import { UvsError } from '../../common/errors.ts';
import { limitKeys } from '../../common/limits/keys.ts';
import type { Logger } from '../../common/log.ts';
import type { Stored } from '../stored.ts';
import { dropInPath, dropInText, settingsIn } from './drop-in.ts';
import { NOT_RUNNING, differingLimits, standingOf, type Standing } from './judge.ts';
import { attempt, lookAt, observeAll, type Look } from './look.ts';
import type { LimitedMachine } from './ports.ts';
import { describePodLimit, podLimitFor } from './osd-memory.ts';
import { isStartedSince, type Moment, type Taken } from './taken.ts';
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

/** What is to become of a unit's drop-in. */
type Act = { readonly do: 'write'; readonly text: string } | { readonly do: 'remove' } | { readonly do: 'leave' };

/** What a unit is to have, and what that makes of its drop-in. */
interface Intended {
  readonly numbers: WantedLimits['numbers'];
  readonly act: Act;
}

/** What is done about one unit. */
interface Change {
  readonly act: Exclude<Act, { do: 'leave' }>;
  /** Whether its drop-in is otherwise, so that the act is still to be done. */
  readonly isOwed: boolean;
  /** What is otherwise than the agent left it though nothing else is wanted. */
  readonly mended: readonly string[];
}

/** What the agent remembers of drop-ins. */
export interface LimitRecords {
  readonly written: Stored<Written>;
  /** Whether systemd is still to read its units again. */
  readonly owed: Stored<boolean>;
  readonly taken: Stored<Taken>;
}

/** By unit; of one that is not there nothing is known, and it is left as it is. */
type Changes = ReadonlyMap<string, Change>;

/** Keeps the limits of units as rules have them: writes them, proves them from what the kernel says, and puts them back where somebody changes them. */
export class LimitKeeper {
  readonly #machine: LimitedMachine;
  readonly #records: LimitRecords;
  readonly #log: Pick<Logger, 'info'>;

  constructor(machine: LimitedMachine, records: LimitRecords, log: Pick<Logger, 'info'>) {
    this.#machine = machine;
    this.#records = records;
    this.#log = log;
  }

  /**
   * Carries the rules out; may be run again at any time. A unit that is refused keeps the limits that it has, and so does one with which something goes wrong.
   * @throws UvsError SERVICE_FAILED, and what the disk says
   */
  async keep(rules: readonly LimitRule[]): Promise<readonly LimitedUnit[]> {
    const { written: storedWritten, owed, taken } = this.#records;
    const before = (await storedWritten.read()) ?? {};
    const look = await lookAt(this.#machine, rules, before);
    const failed = new Map(look.failed);
    const { changes, isDrifted } = await this.#changes(look, before, failed);
    const toDo = [...changes].filter(([, change]) => change.isOwed);
    const isOwed = toDo.length > 0 || (await owed.read()) === true;
    const isChanged = isOwed || isDrifted;
    // whoever dies before the reload, or whose reload fails, leaves files that are as they should be, and nobody told systemd
    if (toDo.length > 0) await owed.write(true);
    const still = await this.#stillTaken(toDo.map(([unit]) => unit));
    for (const [unit, change] of toDo) await attempt(failed, [unit], () => this.#write(unit, change));
    for (const [unit] of toDo) demandLessened(unit, look, failed);
    if (isChanged) await this.#machine.reload(AbortSignal.timeout(RELOAD_MS));
    // what systemd was not told of is nobody's change at the next look
    const written = writtenOf(look, changes, before, failed);
    if (!isDeepStrictEqual(written, before)) await storedWritten.write(written);
    if (isOwed) await owed.write(false);
    const now = await this.#machine.now();
    const since = takenOf(changes, still, now, failed);
    // it is for what is told alone, and tried again at the next look: a full disk keeps nobody from the limits that are in force
    if (!isDeepStrictEqual(since, still)) await taken.write(since).catch(() => undefined);
    const after = isChanged ? await observeAll(this.#machine, look.observed.keys(), failed) : look.observed;
    const startedWith = (unit: string): boolean => isStartedSince(after.get(unit)?.startedUs, since[unit], now.boot);
    return unitsOf({ ...look, failed, observed: after, startedWith }, changes);
  }

  /** What somebody has changed is told when it is back. */
  async #write(unit: string, { act, mended }: Change): Promise<void> {
    const text = textAfter(act);
    await this.#machine.writeDropIn(unit, text);
    if (mended.length > 0) return;
    if (text === undefined) this.#log.info({ unit }, 'limits of a unit were taken back');
    else this.#log.info({ unit, limits: settingsIn(text) }, 'limits of a unit were written');
  }

  /** Since when systemd has had drop-ins as they are; before one is changed it is forgotten, so that whoever dies in between is not taken for further. */
  async #stillTaken(toChange: readonly string[]): Promise<Taken> {
    const { taken } = this.#records;
    const before = (await taken.read()) ?? {};
    const still = Object.fromEntries(Object.entries(before).filter(([unit]) => !toChange.includes(unit)));
    if (!isDeepStrictEqual(still, before)) await taken.write(still);
    return still;
  }

  /** Says which units' limits would be refused now, and why, if the rules were carried out; changes nothing. */
  async foresee(rules: readonly LimitRule[]): Promise<ReadonlyMap<string, string>> {
    const { refused, failed, absent } = await lookAt(this.#machine, rules, (await this.#records.written.read()) ?? {});
    return new Map([...refused, ...failed, ...absent]);
  }

  /** @returns also whether the kernel has other limits than the drop-ins */
  async #changes(
    look: Look,
    before: Written,
    failed: Map<string, string>,
  ): Promise<{ readonly changes: Changes; readonly isDrifted: boolean }> {
    const { wanted, version, observed } = look;
    const changes = new Map<string, Change>();
    let isDrifted = false;
    for (const each of wanted) {
      const { unit } = each;
      const { act, numbers } = intendedOf(each, look);
      if (act.do === 'leave' || failed.has(unit)) continue;
      // one that can't be read has failed, and nothing is done
      const isOwed = (await attempt(failed, [unit], async () => (await this.#machine.readDropIn(unit)) !== textAfter(act))) === true;
      const found = observed.get(unit);
      const drifted = found === undefined ? [] : differingLimits(numbers, found, version).filter((name) => limitKeys[name].isLive);
      const isAsLeft = act.do === 'write' && before[unit] === act.text;
      const mended = isAsLeft ? [...drifted, ...(isOwed ? [`/${dropInPath(unit)}`] : [])] : [];
      changes.set(unit, { act, isOwed, mended });
      isDrifted ||= drifted.length > 0;
    }
    const left = look.isUnsure ? [] : await this.#left(wanted);
    for (const unit of left) changes.set(unit, { act: { do: 'remove' }, isOwed: true, mended: [] });
    return { changes, isDrifted };
  }

  /** Units that have limits which no rule wants any more. */
  async #left(wanted: readonly WantedLimits[]): Promise<readonly string[]> {
    const still = new Set(wanted.map(({ unit }) => unit));
    return (await this.#machine.limited()).filter((unit) => !still.has(unit));
  }
}

/** @throws UvsError SERVICE_FAILED where a unit still has in its drop-in what it can't bear, which a reload would put in force */
function demandLessened(unit: string, { refused }: Look, failed: ReadonlyMap<string, string>): void {
  const why = failed.get(unit);
  if (why === undefined || !refused.has(unit)) return;
  throw new UvsError(
    'SERVICE_FAILED',
    `${unit} can't bear what is in its drop-in, and that can't be changed: ${why}; systemd is not told of any limit`,
  );
}

/** What is in a drop-in once the act is done; undefined: there is none. */
function textAfter(act: Change['act']): string | undefined {
  return act.do === 'write' ? act.text : undefined;
}

/** What the agent has left: of a unit that was not written, what it was. */
function writtenOf({ wanted }: Look, changes: Changes, before: Written, failed: ReadonlyMap<string, string>): Written {
  const left = wanted.flatMap(({ unit }) => {
    const change = failed.has(unit) ? undefined : changes.get(unit);
    const text = change === undefined ? before[unit] : textAfter(change.act);
    return text === undefined ? [] : [[unit, text] as const];
  });
  return Object.fromEntries(left);
}

/** Of a drop-in that systemd was told of by now, and of which it was not known since when, it is this moment. */
function takenOf(changes: Changes, still: Taken, now: Moment, failed: ReadonlyMap<string, string>): Taken {
  const written = [...changes].filter(([unit, { act }]) => act.do === 'write' && !failed.has(unit));
  const known = Object.entries(still).filter(([unit]) => changes.get(unit)?.act.do === 'write' || failed.has(unit));
  return Object.fromEntries([...written.map(([unit]) => [unit, now] as const), ...known]);
}

/** A look, and what it has come to. */
interface Done extends Look {
  /** Whether a unit's main process was started with what is in its drop-in. */
  readonly startedWith: (unit: string) => boolean;
}

function unitsOf(look: Done, changes: Changes): readonly LimitedUnit[] {
  const { wanted, failed, absent } = look;
  const there = new Set(wanted.map(({ unit }) => unit));
  const unwanted = [...failed].filter(([unit]) => !there.has(unit));
  return [
    ...wanted.map((each) => unitOf(each, look, changes.get(each.unit)?.mended ?? [])),
    ...unwanted.map(([unit, message]) => ({ unit, state: 'unmet' as const, message, mended: [] })),
    ...[...absent].map(([unit, message]) => ({ unit, state: 'refused' as const, message, mended: [] })),
  ];
}

function unitOf(each: WantedLimits, look: Done, mended: readonly string[]): LimitedUnit {
  const { unit, numbers } = each;
  const failure = look.failed.get(unit);
  if (failure !== undefined) return { unit, state: 'unmet', message: failure, mended: [] };
  const now = look.observed.get(unit);
  const differing: readonly string[] = now === undefined ? [] : differingLimits(intendedOf(each, look).numbers, now, look.version);
  const putBack = mended.filter((name) => !differing.includes(name));
  const refusal = look.refused.get(unit);
  if (refusal !== undefined) return { unit, state: 'refused', message: refusal, mended: putBack };
  // systemd has it loaded no more
  if (now === undefined) return { unit, ...NOT_RUNNING, mended: putBack };
  const podLimit = podLimitOf(unit, numbers, look);
  const aboutPodLimit = describePodLimit(unit, numbers.get('MemoryMax'), podLimit);
  const demanded = { numbers, ownDropIn: `/${dropInPath(unit)}`, isStartedSince: look.startedWith(unit), podLimit, aboutPodLimit };
  return { unit, ...standingOf(demanded, now, look.version), mended: putBack };
}

/** What a unit is to have: what is wanted, or, where that is refused, what it was left with, or else what it has. */
function intendedOf({ unit, numbers }: WantedLimits, look: Look): Intended {
  if (look.refused.has(unit)) {
    const kept = look.kept.get(unit);
    return kept === undefined ? { numbers: new Map(), act: { do: 'leave' } } : { numbers: kept.numbers, act: actFor(kept.text) };
  }
  const text = dropInText(numbers, podLimitOf(unit, numbers, look));
  return { numbers, act: actFor(text) };
}

/** @param text undefined: there is to be no drop-in */
function actFor(text: string | undefined): Intended['act'] {
  return text === undefined ? { do: 'remove' } : { do: 'write', text };
}

function podLimitOf(unit: string, numbers: WantedLimits['numbers'], { isRatioSet }: Pick<Look, 'isRatioSet'>): number | undefined {
  return podLimitFor(unit, numbers.get('MemoryMax'), isRatioSet);
}
