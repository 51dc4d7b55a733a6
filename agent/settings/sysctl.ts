import { isDeepStrictEqual } from 'node:util';
import { dirname, join } from 'node:path';
import { writeFileAtomically } from '../../common/atomic-file.ts';
import { isSysctlName, sysctlProfiles, sysctlTwins, isSysctlProfile, type SysctlName } from '../../common/settings/sysctl.ts';
import { sysctlOf } from '../../common/settings/value.ts';
import { mkdirs, removeWritten } from '../files/disk.ts';
import { readTextIfThere } from '../files/reading.ts';
import { remember, type Before, type StoredBefore } from './before.ts';
import { notTakenBack, type KeptSetting, type Kernel } from './ports.ts';
import { refusedRows, rowsInForce, type KeptParameters, type Parameters, type Refusal, type Settings } from './sysctl-rows.ts';

type Remembered = NonNullable<Before['sysctl']>;

/** What was before; `twin` where the kernel had that one, and its 0 stands for nothing. */
type Held = Pick<Remembered[string], 'was' | 'twin'>;

/** After those of most administrators; what one that comes later says at boot is put right when the agent starts. */
const FILE = 'etc/sysctl.d/90-uvs-settings.conf';
/** After so long what the kernel did not take is tried again: it may have been for want of memory. */
const RETRY_MS = 3_600_000;

export interface SysctlParts {
  readonly root: string;
  readonly kernel: Kernel;
  readonly before: StoredBefore;
  readonly nowMs: () => number;
}

/** Keeps parameters of the kernel: all of a node's, or none, for a profile is of use as a whole. */
export class SysctlSettings {
  readonly #parts: SysctlParts;
  readonly #path: string;
  /** What the kernel did not take, so that it is not tried at each look. */
  #refused: (Refusal & { readonly wanted: string; readonly atMs: number }) | undefined;

  constructor(parts: SysctlParts) {
    this.#parts = parts;
    this.#path = join(parts.root, FILE);
  }

  /**
   * @param left names of settings that are declared and refused: what was set by them stays
   * @throws what the disk says
   */
  async keep(settings: Settings, left: ReadonlySet<string> = new Set()): Promise<readonly KeptSetting[]> {
    const wanted = new Map([...(await this.#stillSet(left)), ...wantedParameters(settings)]);
    const notBack = await this.#takeBackAllBut(wanted);
    const rows = await this.#keepAll(settings, wanted);
    return notBack === '' ? rows : [...rows, notTakenBack('sysctl', notBack)];
  }

  async #keepAll(settings: Settings, wanted: Parameters): Promise<readonly KeptSetting[]> {
    const now = new Map<SysctlName, string | undefined>();
    for (const key of wanted.keys()) now.set(key, await this.#read(key));
    const remembered: Remembered = (await this.#parts.before.read())?.sysctl ?? {};
    const kept = this.#known(wanted, now) ?? (await this.#carryOut(wanted, now, remembered));
    if ('held' in kept) return rowsInForce(settings, kept);
    return refusedRows(settings, wanted, kept, await this.#stay(wanted, kept, remembered));
  }

  /** Why parameters are not even tried. */
  #known(wanted: Parameters, now: ReadonlyMap<SysctlName, string | undefined>): Refusal | undefined {
    const lacking = [...wanted.keys()].filter((key) => now.get(key) === undefined);
    if (lacking.length > 0) return { keys: lacking, why: 'is not in this kernel' };
    const refused = this.#refused;
    const isKnown = refused?.wanted === textOf(wanted) && this.#parts.nowMs() - refused.atMs < RETRY_MS;
    return isKnown ? refused : undefined;
  }

  /** What is being set is remembered before the kernel and the file are touched, and that it is done after them: until then nothing is somebody's change. */
  async #carryOut(
    wanted: Parameters,
    now: ReadonlyMap<SysctlName, string | undefined>,
    remembered: Remembered,
  ): Promise<KeptParameters | Refusal> {
    const isDone = (key: SysctlName, value: string): boolean => isDoneAt(value, remembered[key]);
    const differing = [...wanted].filter(([key, value]) => now.get(key) !== value);
    const isSameSet = [...wanted].every(([key, value]) => isDone(key, value));
    const merged = { ...remembered };
    for (const [key, value] of wanted) merged[key] = await this.#toBeSet(key, value, remembered[key], now.get(key) ?? value);
    if (!isSameSet) await remember(this.#parts.before, { sysctl: merged });
    const refusal = await this.#writeAll(differing);
    if (refusal !== undefined) {
      this.#refused = { wanted: textOf(wanted), ...refusal, atMs: this.#parts.nowMs() };
      return refusal;
    }
    this.#refused = undefined;
    const isFileMended = await this.#writeFile(wanted.size === 0 ? undefined : textOf(wanted));
    for (const [key, value] of wanted) merged[key] = doneAt(value, merged[key]);
    if (!isSameSet) await remember(this.#parts.before, { sysctl: merged });
    const drifted = differing.filter(([key, value]) => isDone(key, value)).map(([key]) => key);
    return { held: wanted, mended: [...drifted, ...(isFileMended && isSameSet && wanted.size > 0 ? [`/${FILE}`] : [])] };
  }

  /** What is remembered of a parameter while it is being set. */
  async #toBeSet(key: SysctlName, value: string, held: Remembered[string] | undefined, now: string): Promise<Remembered[string]> {
    if (held?.set === value) return held;
    // since a purge somebody may have set another value, which is what was before then
    const isOurs = held !== undefined && (held.set !== '' || held.replaced === undefined || held.replaced === now);
    if (!isOurs) return { ...(await this.#held(key, now)), set: value, replaced: '' };
    return { ...held, set: value, replaced: held.set === '' ? '' : (held.replaced ?? held.set) };
  }

  /**
   * Keeps what was set before a set that is refused, each by itself, and has what was begun of that set undone.
   * @param refused are not tried again where they were the same before
   * @param earlier what was remembered before that set was tried
   */
  async #stay(wanted: Parameters, { keys: refused }: Refusal, earlier: Remembered): Promise<KeptParameters> {
    const remembered: Remembered = (await this.#parts.before.read())?.sysctl ?? {};
    const left: Remembered = {};
    const [set, held] = [new Map<SysctlName, string>(), new Map<SysctlName, string>()];
    const mended: string[] = [];
    for (const [key, each] of Object.entries(remembered)) {
      const before = each.replaced ?? each.set;
      const isWanted = isSysctlName(key) && wanted.has(key) && each.set !== '';
      if (isWanted && before === '') {
        await this.#restore(key, each);
        continue;
      }
      left[key] = isWanted ? doneAt(before, each) : each;
      if (!isWanted) continue;
      set.set(key, before);
      const now = await this.#read(key);
      const isTried = now !== undefined && !(refused.includes(key) && wanted.get(key) === before);
      if (now !== before && (!isTried || (await this.#write(key, before)) !== undefined)) continue;
      held.set(key, before);
      if (now !== before && isDoneAt(before, earlier[key])) mended.push(key);
    }
    const isFileMended = await this.#writeFile(set.size === 0 ? undefined : textOf(set));
    if (!isDeepStrictEqual(left, remembered))
      await remember(this.#parts.before, { sysctl: Object.keys(left).length === 0 ? undefined : left });
    const wasDone = set.size > 0 && [...set].every(([key, value]) => isDoneAt(value, earlier[key]));
    return { held, mended: isFileMended && wasDone ? [...mended, `/${FILE}`] : mended };
  }

  /** Writes and reads back; what was written before one that the kernel does not take is put back. */
  async #writeAll(values: readonly (readonly [SysctlName, string])[]): Promise<Refusal | undefined> {
    const written: [SysctlName, Held][] = [];
    for (const [key, value] of values) {
      written.unshift([key, await this.#held(key, (await this.#read(key)) ?? '')]);
      const why = await this.#write(key, value);
      if (why === undefined) continue;
      for (const [done, held] of written) await this.#restore(done, held).catch(() => undefined);
      return { keys: [key], why };
    }
    return undefined;
  }

  /** Why it does not hold now; undefined: it does. */
  async #write(key: SysctlName, value: string): Promise<string | undefined> {
    try {
      await this.#parts.kernel.write(key, value);
    } catch (error) {
      return `is not taken as ${value} by the kernel (${codeOf(error)})`;
    }
    const found = await this.#read(key);
    return found === value ? undefined : `was set to ${value}, and the kernel has ${found ?? 'nothing'}`;
  }

  async #read(key: string): Promise<string | undefined> {
    return (await this.#parts.kernel.read(key))?.trim().replaceAll(/\s+/g, ' ');
  }

  /** @returns whether it was otherwise */
  async #writeFile(text: string | undefined): Promise<boolean> {
    const isOther = (await readTextIfThere(this.#path)) !== text;
    if (text === undefined) {
      await removeWritten(this.#path);
    } else if (isOther) {
      await mkdirs(dirname(this.#path), 0o755);
      await writeFileAtomically(this.#path, text, 0o644);
    }
    return isOther;
  }

  /** What the kernel has for a parameter, or for the other one of the two that it is. */
  async #held(key: SysctlName, was: string): Promise<Held> {
    const other = sysctlTwins[key];
    const twin = other === undefined ? undefined : await this.#read(other);
    return twin === undefined || twin === '0' ? { was } : { was, twin };
  }

  async #restore(key: string, { was, twin }: Held): Promise<void> {
    const other = twin === undefined || !isSysctlName(key) ? undefined : sysctlTwins[key];
    const [name, value] = other === undefined || twin === undefined ? [key, was] : [other, twin];
    // of the two the kernel has one at a time: 0 in both is no value of anybody's
    if (other === undefined && value === '0' && isSysctlName(key) && sysctlTwins[key] !== undefined) return;
    const found = await this.#read(name);
    if (found !== undefined && found !== value) await this.#parts.kernel.write(name, value);
  }

  /** Whether somebody has set it since a purge has taken the agent's file away: that stays. */
  async #isSomebodys(key: string, { set, replaced }: Remembered[string]): Promise<boolean> {
    return set === '' && replaced !== undefined && (await this.#read(key)) !== replaced;
  }

  /** What was set by settings that are refused now: a profile is for all that is not named. */
  async #stillSet(left: ReadonlySet<string>): Promise<readonly (readonly [SysctlName, string])[]> {
    if (left.size === 0) return [];
    const remembered = Object.entries((await this.#parts.before.read())?.sysctl ?? {});
    return remembered.flatMap(([key, { set }]) =>
      isSysctlName(key) && set !== '' && (left.has(`sysctl.${key}`) || left.has('sysctl.profile')) ? [[key, set] as const] : [],
    );
  }

  /**
   * Gives the kernel back what it had of what is declared no more, after the file is without it: before anything else, for what is declared may be refused
   * as a whole.
   * @returns what could not be given back, as a sentence, and is tried again; '': nothing
   */
  async #takeBackAllBut(wanted: Parameters): Promise<string> {
    const remembered = Object.entries((await this.#parts.before.read())?.sysctl ?? {});
    const gone = remembered.filter(([key]) => !isSysctlName(key) || !wanted.has(key));
    if (gone.length === 0) return '';
    const kept = remembered.filter((each) => !gone.includes(each));
    const stillSet = kept.flatMap(([key, { set }]) => (set === '' ? [] : [[key, set] as const]));
    await this.#writeFile(stillSet.length === 0 ? undefined : textOf(stillSet));
    const failed: string[] = [];
    for (const [key, held] of gone) {
      try {
        if (!(await this.#isSomebodys(key, held))) await this.#restore(key, held);
      } catch (error) {
        failed.push(`${key} is not taken as ${held.was} by the kernel (${codeOf(error)})`);
        kept.push([key, held]);
      }
    }
    await remember(this.#parts.before, { sysctl: kept.length === 0 ? undefined : Object.fromEntries(kept) });
    return failed.join(' and ');
  }
}

/** What settings come to: what is said of a parameter by its name counts before the profile. */
export function wantedParameters(settings: Settings): Parameters {
  const profile = settings.get('sysctl.profile') ?? 'none';
  const wanted = new Map<SysctlName, string>(isSysctlProfile(profile) ? sysctlProfiles[profile] : []);
  for (const [name, value] of settings) {
    const key = sysctlOf(name);
    if (key !== undefined) wanted.set(key, value);
  }
  return wanted;
}

function textOf(wanted: Iterable<readonly [string, string]>): string {
  const lines = [...wanted].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => `${key} = ${value}`);
  return ['# Written by uvs-agent, which puts it back where it is changed: see `uvsctl settings list`.', ...lines, ''].join('\n');
}

/** Whether a parameter had been set to the value, so that another one is somebody's. */
function isDoneAt(value: string, held: Remembered[string] | undefined): boolean {
  return held?.set === value && held.replaced === undefined;
}

/** What is remembered of a parameter that has the value. */
function doneAt(set: string, { was = set, twin }: Partial<Held> = {}): Remembered[string] {
  return { set, was, ...(twin === undefined ? {} : { twin }) };
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
