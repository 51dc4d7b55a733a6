import { dirname, join } from 'node:path';
import { writeFileAtomically } from '../../common/atomic-file.ts';
import { isSysctlName, sysctlProfiles, sysctlTwins, isSysctlProfile, type SysctlName } from '../../common/settings/sysctl.ts';
import { sysctlOf, type SettingName } from '../../common/settings/value.ts';
import { mkdirs, removeWritten } from '../files/disk.ts';
import { readTextIfThere } from '../files/reading.ts';
import { remember, type Before, type StoredBefore } from './before.ts';
import { notTakenBack, type KeptSetting, type Kernel } from './ports.ts';

type Remembered = NonNullable<Before['sysctl']>;
type Settings = ReadonlyMap<SettingName, string>;

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
  #refused: { readonly wanted: string; readonly key: SysctlName; readonly why: string; readonly atMs: number } | undefined;

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

  async #keepAll(settings: Settings, wanted: ReadonlyMap<SysctlName, string>): Promise<readonly KeptSetting[]> {
    const now = new Map<SysctlName, string | undefined>();
    for (const key of wanted.keys()) now.set(key, await this.#read(key));
    const lacking = [...wanted.keys()].filter((key) => now.get(key) === undefined);
    const [lacked] = lacking;
    if (lacked !== undefined) return refusedRows(settings, lacking, 'is not in this kernel');
    const wantedText = textOf(wanted);
    const isKnown = this.#refused?.wanted === wantedText && this.#parts.nowMs() - this.#refused.atMs < RETRY_MS;
    if (this.#refused !== undefined && isKnown) return refusedRows(settings, [this.#refused.key], this.#refused.why);

    const remembered: Remembered = (await this.#parts.before.read())?.sysctl ?? {};
    const isUnchanged = (key: SysctlName, value: string): boolean => remembered[key]?.set === value;
    const differing = [...wanted].filter(([key, value]) => now.get(key) !== value);
    const drifted = differing.filter(([key, value]) => isUnchanged(key, value)).map(([key]) => key);
    const isSameSet = Object.keys(remembered).length === wanted.size && [...wanted].every(([key, value]) => isUnchanged(key, value));

    const merged = { ...remembered };
    for (const [key, value] of wanted) merged[key] = { ...(remembered[key] ?? (await this.#held(key, now.get(key) ?? value))), set: value };
    if (!isSameSet && wanted.size > 0) await remember(this.#parts.before, { sysctl: merged });
    const failed = await this.#writeAll(differing);
    if (failed !== undefined) {
      if (!isSameSet) await remember(this.#parts.before, { sysctl: remembered });
      this.#refused = { wanted: wantedText, ...failed, atMs: this.#parts.nowMs() };
      return refusedRows(settings, [failed.key], failed.why);
    }
    this.#refused = undefined;
    const isFileMended = await this.#writeFile(wanted.size === 0 ? undefined : wantedText);
    const mended = [...drifted, ...(isFileMended && isSameSet && wanted.size > 0 ? [`/${FILE}`] : [])];
    return rows(settings, (name) => ({
      state: 'in-force',
      message: '',
      mended: mended.filter((each) => each.startsWith('/') || !isSysctlName(each) || saysOf(name, settings, each)),
    }));
  }

  /** Writes and reads back; what was written before one that the kernel does not take is put back. */
  async #writeAll(
    values: readonly (readonly [SysctlName, string])[],
  ): Promise<{ readonly key: SysctlName; readonly why: string } | undefined> {
    const written: [SysctlName, Held][] = [];
    for (const [key, value] of values) {
      written.unshift([key, await this.#held(key, (await this.#read(key)) ?? '')]);
      const why = await this.#write(key, value);
      if (why === undefined) continue;
      for (const [done, held] of written) await this.#restore(done, held).catch(() => undefined);
      return { key, why };
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
  async #takeBackAllBut(wanted: ReadonlyMap<SysctlName, string>): Promise<string> {
    const remembered = Object.entries((await this.#parts.before.read())?.sysctl ?? {});
    const gone = remembered.filter(([key]) => !isSysctlName(key) || !wanted.has(key));
    if (gone.length === 0) return '';
    const kept = remembered.filter((each) => !gone.includes(each));
    const stillSet = kept.flatMap(([key, { set }]) => (set === '' ? [] : [[key, set] as const]));
    await this.#writeFile(stillSet.length === 0 ? undefined : textOf(stillSet));
    const failed: string[] = [];
    for (const [key, held] of gone) {
      try {
        await this.#restore(key, held);
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
export function wantedParameters(settings: Settings): ReadonlyMap<SysctlName, string> {
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

/** Whether a setting is what says something of a parameter. */
function saysOf(name: SettingName, settings: Settings, key: SysctlName): boolean {
  return name === `sysctl.${key}` || (name === 'sysctl.profile' && !settings.has(`sysctl.${key}`));
}

function refusedRows(settings: Settings, keys: readonly SysctlName[], why: string): readonly KeptSetting[] {
  return rows(settings, (name) => {
    const its = keys.filter((key) => saysOf(name, settings, key));
    const message = its.length > 0 ? `${its.join(' and ')} ${why}` : `none is set, because ${keys.join(' and ')} ${why}`;
    return { state: 'refused', message, mended: [] };
  });
}

function rows(settings: Settings, of: (name: SettingName) => Pick<KeptSetting, 'state' | 'message' | 'mended'>): readonly KeptSetting[] {
  return [...settings].filter(([name]) => name.startsWith('sysctl.')).map(([name, value]) => ({ name, value, ...of(name) }));
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
