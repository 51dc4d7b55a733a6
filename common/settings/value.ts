import { isIP } from 'node:net';
import { UvsError } from '../errors.ts';
import { isSysctlName, isSysctlProfile, sysctlKeys, sysctlNames, sysctlProfiles, type SysctlKey, type SysctlName } from './sysctl.ts';

/** What can be set of a machine; `sysctl.KEY` is a parameter of the kernel. */
export type SettingName = 'time-zone' | 'ntp-servers' | 'sysctl.profile' | `sysctl.${SysctlName}`;

const plainNames = ['time-zone', 'ntp-servers', 'sysctl.profile'] as const;
const MAX_SERVERS = 8;

/** A name as it is below /usr/share/zoneinfo; which of them a node has is for the node to say. */
const zoneName = /^(?=.{1,64}$)[A-Z][A-Za-z0-9_+-]*(\/[A-Z][A-Za-z0-9_+-]*){0,2}$/;

export const settingNames: readonly SettingName[] = [...plainNames, ...sysctlNames.map((name) => `sysctl.${name}` as const)];

/** @throws UvsError INVALID_ARGUMENT, with the names that there are */
export function parseSettingName(text: string): SettingName {
  const found = settingNames.find((name) => name === text);
  if (found !== undefined) return found;
  const isKey = text.startsWith('sysctl.');
  if (isSysctlName(text))
    throw new UvsError('INVALID_ARGUMENT', `${JSON.stringify(text)} is no setting`, { hint: `It is written sysctl.${text}.` });
  const [what, those] = isKey
    ? [`${JSON.stringify(text.slice('sysctl.'.length, 80))} is no parameter of the kernel that UVS sets`, `: ${sysctlNames.join(', ')}`]
    : [`${JSON.stringify(text.slice(0, 80))} is no setting`, `: ${plainNames.join(', ')}, and sysctl.KEY (\`uvsctl settings set --help\`)`];
  throw new UvsError('INVALID_ARGUMENT', what, { hint: `Those that may be set${those}.` });
}

/** The parameter of the kernel that a setting is; undefined: it is none, or a set of them. */
export function sysctlOf(name: SettingName): SysctlName | undefined {
  const key = name.startsWith('sysctl.') ? name.slice('sysctl.'.length) : '';
  return isSysctlName(key) ? key : undefined;
}

/**
 * Reads what somebody wrote for a setting, and gives it in the form in which it is stored.
 * @throws UvsError INVALID_ARGUMENT
 */
export function parseSetting(name: SettingName, text: string): string {
  if (name === 'time-zone') return zoneOf(text);
  if (name === 'ntp-servers') return serversOf(text).join(',');
  const key = sysctlOf(name);
  if (key !== undefined) return numbersOf(key, text);
  if (isSysctlProfile(text)) return text;
  throw nonsense(name, text, `the profiles are ${Object.keys(sysctlProfiles).join(', ')}`, 'storage');
}

/**
 * Demands of a value that has come over a network the form and the bounds of those that are stored; which time zones there are a node sees for itself.
 * @throws UvsError INVALID_ARGUMENT
 */
export function demandStored(name: SettingName, value: string): void {
  const isStored = name === 'time-zone' ? zoneName.test(value) : parseSetting(name, value) === value;
  if (!isStored)
    throw nonsense(name, value, 'it is not written as UVS stores it', name === 'time-zone' ? 'Europe/Berlin' : parseSetting(name, value));
}

/** The servers of a value of `ntp-servers`. @throws UvsError INVALID_ARGUMENT */
export function serversOf(text: string): readonly string[] {
  const servers = text.split(',').map((server) => server.trim());
  const example = 'ntp1.example.org,10.0.0.1';
  if (servers.length > MAX_SERVERS) throw nonsense('ntp-servers', text, `it takes at most ${MAX_SERVERS} servers`, example);
  const bad = servers.find((server) => !isServer(server));
  if (bad !== undefined)
    throw nonsense('ntp-servers', text, `${JSON.stringify(bad.slice(0, 80))} is no host name and no IP address`, example);
  if (new Set(servers).size !== servers.length) throw nonsense('ntp-servers', text, 'a server is named twice', example);
  return servers;
}

/** A name that ends in a number would be read as an address by whoever resolves it. */
function isServer(text: string): boolean {
  if (isIP(text) !== 0) return !text.includes('%');
  const isName = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/i.test(text);
  return isName && !/(^|\.)\d+$/.test(text);
}

function numbersOf(key: SysctlName, text: string): string {
  const { least, most, numbers }: SysctlKey = sysctlKeys[key];
  const parts = text.trim().split(/\s+/);
  const isWhole = parts.length === numbers && parts.every((part) => /^\d{1,15}$/.test(part));
  const example = sysctlProfiles.storage.get(key) ?? String(least);
  if (!isWhole) throw nonsense(`sysctl.${key}`, text, `it takes ${numbers === 1 ? 'a whole number' : `${numbers} whole numbers`}`, example);
  if (parts.some((part) => Number(part) < least || Number(part) > most))
    throw nonsense(`sysctl.${key}`, text, `it has to be from ${least} to ${most}`, example);
  if (parts.some((part, at) => at > 0 && Number(part) < Number(parts[at - 1])))
    throw nonsense(`sysctl.${key}`, text, 'each number has to be at least the one before it', example);
  return parts.map(Number).join(' ');
}

function zoneOf(text: string): string {
  const found = zoneInUse(text);
  if (found !== undefined && zoneName.test(text) && (found === text || found.toLowerCase() !== text.toLowerCase())) return text;
  const wanted = text.toLowerCase().split('/').at(-1) ?? '';
  const near =
    found === undefined || !zoneName.test(found)
      ? Intl.supportedValuesOf('timeZone').filter((zone) => zone.toLowerCase().split('/').at(-1) === wanted)
      : [found];
  const hint = near.length === 0 ? 'For example time-zone=Europe/Berlin, or UTC.' : `It is written ${near.slice(0, 3).join(' or ')}.`;
  throw new UvsError('INVALID_ARGUMENT', `there is no time zone ${JSON.stringify(text.slice(0, 80))}`, { hint });
}

/** What the runtime calls a zone; undefined: it knows none of the name. */
function zoneInUse(text: string): string | undefined {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone;
  } catch {
    return undefined;
  }
}

function nonsense(name: SettingName, text: string, why: string, example: string): UvsError {
  return new UvsError('INVALID_ARGUMENT', `${name}=${text.slice(0, 120)} is no setting: ${why}`, {
    hint: `For example ${name}=${example}.`,
  });
}
