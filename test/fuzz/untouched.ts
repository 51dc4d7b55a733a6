import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { onDiskAct } from '../../common/disk-act.ts';
import { BrokenRule } from './read.ts';

/**
 * Demands that reading writes nothing: no act on a disk, and below the folder nothing has come, gone, or changed. It takes a millisecond where a whole
 * look takes fifty.
 * @param folder that nobody else changes meanwhile; undefined: there is none
 */
export async function demandUntouched<T>(folder: string | undefined, read: () => Promise<T>): Promise<T> {
  const acts: string[] = [];
  using _ = onDiskAct(({ kind, path }) => void acts.push(`${kind} ${path}`));
  const before = new Set(folder === undefined ? [] : stampsBelow(folder));
  const result = await read();
  const after = new Set(folder === undefined ? [] : stampsBelow(folder));
  const changed = [...[...after].filter((line) => !before.has(line)), ...[...before].filter((line) => !after.has(line))];
  if (acts.length > 0) throw new BrokenRule(`reading did ${acts.join(', ')}`);
  if (changed.length > 0) throw new BrokenRule(`reading changed ${changed.join(', ')}`);
  return result;
}

/** Every path with its inode and when that was changed last: contents, names and metadata alike. */
function stampsBelow(folder: string): readonly string[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return ['.', ...names].map((name) => {
    const { ino, ctimeNs } = lstatSync(join(folder, name), { bigint: true });
    return `${name} ${ino} ${ctimeNs}`;
  });
}
