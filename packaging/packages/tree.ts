import { chmodSync, lstatSync, lutimesSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { SOURCE_DATE_EPOCH } from './sources.ts';

export interface TreeEntry {
  /** Relative to the tree, without a slash at the beginning. */
  readonly path: string;
  readonly type: 'directory' | 'file' | 'symlink';
  readonly sizeBytes: number;
}

/** Lists a tree below its top, each directory before what is in it, in an order that no locale changes. */
export function entriesOf(tree: string, directory: string = tree): readonly TreeEntry[] {
  const names = readdirSync(directory).toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return names.flatMap((name): readonly TreeEntry[] => {
    const path = join(directory, name);
    const status = lstatSync(path);
    const entry = { path: relative(tree, path), sizeBytes: status.size };
    if (status.isDirectory()) return [{ ...entry, type: 'directory' }, ...entriesOf(tree, path)];
    return [{ ...entry, type: status.isSymbolicLink() ? 'symlink' : 'file' }];
  });
}

/** Makes modes and times those of the sources alone: whatever the builder's umask is, programs are 755 and all else 644. */
export function settleTree(tree: string): void {
  for (const { path, type } of [...entriesOf(tree), { path: '', type: 'directory' }]) {
    const full = join(tree, path);
    if (type !== 'symlink') chmodSync(full, type === 'directory' || isProgram(full) ? 0o755 : 0o644);
    lutimesSync(full, SOURCE_DATE_EPOCH, SOURCE_DATE_EPOCH);
  }
}

/** By its content: what a checkout says of modes depends on who made it. */
function isProgram(path: string): boolean {
  const start = readFileSync(path).subarray(0, 4).toString('latin1');
  return start.startsWith('#!') || start === '\x7fELF';
}
