import { join } from 'node:path';
import { readTextIfThere } from '../files/reading.ts';
import { WRITTEN_BY_AGENT } from './units.ts';

/** Where systemd.unit(5) reads the machine's units, whoever has put them there. */
export const UNIT_DIRECTORIES = ['/etc', '/run', '/usr/local/lib', '/usr/lib', '/lib'].map((at) => `${at}/systemd/system`);

/** Units of these names, or drop-ins, that somebody else than the agent has written. */
export async function foreignUnits(directories: readonly string[], names: readonly string[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const path of directories.flatMap((directory) => names.map((name) => join(directory, name)))) {
    const text = await readTextIfThere(path);
    if (text !== undefined && !text.startsWith(WRITTEN_BY_AGENT)) found.push(path);
  }
  return found;
}
