import { relative } from 'node:path';
import { isTemporaryOf } from '../../common/atomic-file.ts';
import { isLimitName, limitNames, type LimitName } from '../../common/limits/keys.ts';
import { systemdText } from '../../common/limits/value.ts';
import { UNIT_DIRECTORY } from '../os/unit-directory.ts';
import { podLimitLine } from './osd-memory.ts';

/** After those of most administrators, whose names begin with lower numbers; one that comes later still is told as drift. */
const FILE = '90-uvs-limits.conf';

/** Where the limits of a unit are, below the managed root. */
export function dropInPath(unit: string): string {
  return relative('/', `${UNIT_DIRECTORY}/${unit}.d/${FILE}`);
}

/** What is in it; undefined where nothing is limited, and there is no file. @param podLimit bytes, of osd-memory.ts */
export function dropInText(numbers: ReadonlyMap<LimitName, number | undefined>, podLimit: number | undefined): string | undefined {
  if (numbers.size === 0) return undefined;
  const lines = limitNames.filter((name) => numbers.has(name)).map((name) => `${name}=${systemdText(name, numbers.get(name))}`);
  if (podLimit !== undefined) lines.push(podLimitLine(podLimit));
  return ['# Written by uvs-agent, which puts it back where it is changed: see `uvsctl limits list`.', '[Service]', ...lines, ''].join(
    '\n',
  );
}

/** The limits in a text that dropInText has made. */
export function numbersIn(text: string): ReadonlyMap<LimitName, number | undefined> {
  const numbers = new Map<LimitName, number | undefined>();
  for (const [, name = '', value = ''] of text.matchAll(/^(\w+)=(-?\d+(?=%?$)|infinity$|$)/gmu))
    if (isLimitName(name)) numbers.set(name, /\d/u.test(value) ? Number(value) : undefined);
  return numbers;
}

/** The lines of a text that set something, for a log. */
export function settingsIn(text: string): readonly string[] {
  return text.split('\n').filter((line) => /^\w+=/u.test(line));
}

/** The unit that a directory of drop-ins is of, where the agent's own is among them, or what a cut has left of it. @param directory e.g. "ceph-osd@3.service.d" */
export function limitedUnit(directory: string, files: readonly string[]): string | undefined {
  return files.some((file) => file === FILE || isTemporaryOf(FILE, file)) ? directory.slice(0, -'.d'.length) : undefined;
}
