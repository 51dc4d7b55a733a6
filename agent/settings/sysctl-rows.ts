import { isSysctlName, type SysctlName } from '../../common/settings/sysctl.ts';
import type { SettingName } from '../../common/settings/value.ts';
import type { KeptSetting } from './ports.ts';

export type Settings = ReadonlyMap<SettingName, string>;
export type Parameters = ReadonlyMap<SysctlName, string>;

/** Why parameters are not set as declared. @param why after their names */
export interface Refusal {
  readonly keys: readonly SysctlName[];
  readonly why: string;
}

/** What came of keeping parameters. */
export interface KeptParameters {
  /** That hold. */
  readonly held: Parameters;
  /** Parameters, and the path of a file, that somebody had changed. */
  readonly mended: readonly string[];
}

/** What is said of each setting where all parameters are as declared. */
export function rowsInForce(settings: Settings, { mended }: KeptParameters): readonly KeptSetting[] {
  return rowsOf(settings, mended, () => ({ state: 'in-force', message: '' }));
}

/** … and where they are refused: what was set before holds, and some of that may be what is declared. */
export function refusedRows(
  settings: Settings,
  wanted: Parameters,
  { keys, why }: Refusal,
  { held, mended }: KeptParameters,
): readonly KeptSetting[] {
  return rowsOf(settings, mended, (name) => {
    const all = [...wanted.keys()].filter((key) => saysOf(name, settings, key));
    const its = all.filter((key) => keys.includes(key));
    const [only] = all;
    const stays = name === 'sysctl.profile' || only === undefined ? undefined : held.get(only);
    if (its.length > 0) {
      const message = `${its.join(' and ')} ${why}`;
      return { state: 'refused', message: stays === undefined ? message : `${message}: it stays at ${stays}` };
    }
    if (all.every((key) => held.get(key) === wanted.get(key))) return { state: 'in-force', message: '' };
    const because = `because ${keys.join(' and ')} ${why}`;
    if (stays !== undefined) return { state: 'refused', message: `it stays at ${stays}, ${because}` };
    if (held.size === 0) return { state: 'refused', message: `none is set, ${because}` };
    const isProfile = name === 'sysctl.profile' && all.some((key) => held.has(key));
    return { state: 'refused', message: isProfile ? `what was set before stays, ${because}` : `it is not set, ${because}` };
  });
}

function rowsOf(
  settings: Settings,
  mended: readonly string[],
  of: (name: SettingName) => Pick<KeptSetting, 'state' | 'message'>,
): readonly KeptSetting[] {
  const its = (name: SettingName): string[] => mended.filter((each) => !isSysctlName(each) || saysOf(name, settings, each));
  return [...settings]
    .filter(([name]) => name.startsWith('sysctl.'))
    .map(([name, value]) => ({ name, value, ...of(name), mended: its(name) }));
}

/** Whether a setting is what says something of a parameter. */
function saysOf(name: SettingName, settings: Settings, key: SysctlName): boolean {
  return name === `sysctl.${key}` || (name === 'sysctl.profile' && !settings.has(`sysctl.${key}`));
}
