import { lstatSync } from 'node:fs';
import { UvsError } from '../../common/errors.ts';
import type { Manifest, PutFile, PutSymlink } from '../../common/upd/manifest.ts';
import { differences } from '../files/xattr-differences.ts';
import { ifXattrPrograms, readXattrsBelow, removeXattr, setXattrs, type PinnedPath } from '../files/xattrs.ts';
import type { OperationContext } from '../operation-context.ts';

interface Staged {
  readonly index: number;
  readonly entry: PutFile | PutSymlink;
}

/**
 * Gives what is staged its extended attributes and sees that it is in all what the manifest says: what a file system can't hold is found out here,
 * where nothing is changed yet. What a file inherits from the directory that it was staged in is taken away.
 * @throws UvsError PATH_FORBIDDEN
 */
export async function settleMetadata(context: OperationContext, manifest: Manifest, bases: ReadonlyMap<number, string>): Promise<void> {
  for (const [base, staged] of stagedByBase(manifest, bases)) {
    await settleXattrs(context, base, staged);
    for (const { index, entry } of staged) checkOwnership(context.staging.newAddress(base, index), entry);
  }
}

/** Hard links are one inode: the first name stands for all. */
function stagedByBase(manifest: Manifest, bases: ReadonlyMap<number, string>): ReadonlyMap<string, readonly Staged[]> {
  const byBase = new Map<string, Staged[]>();
  const groups = new Set<number>();
  for (const [index, base] of bases) {
    const entry = manifest.files[index];
    if (entry?.op !== 'put' || entry.type === 'directory') continue;
    if (entry.type === 'file' && entry.linkGroup !== 0) {
      if (groups.has(entry.linkGroup)) continue;
      groups.add(entry.linkGroup);
    }
    const staged = byBase.get(base) ?? [];
    staged.push({ index, entry });
    byBase.set(base, staged);
  }
  return byBase;
}

async function settleXattrs({ staging }: OperationContext, base: string, staged: readonly Staged[]): Promise<void> {
  using directory = staging.pinNew(base);
  const pinned = ({ index, entry }: Staged): PinnedPath => ({ directoryFd: directory.fd, name: String(index), path: entry.path });
  const wanted = staged.filter(({ entry }) => Object.keys(entry.xattrs).length > 0);
  await setXattrs(wanted.map((one) => ({ ...pinned(one), xattrs: one.entry.xattrs })));
  // where nobody can look, nothing was to be set either
  const found = await ifXattrPrograms(() => readXattrsBelow(directory.fd, base));
  if (found === undefined) return;
  const undeclared = new Map<string, PinnedPath[]>();
  for (const one of staged) {
    for (const { name, problem } of differences(one.entry.xattrs, found.get(String(one.index)) ?? {})) {
      if (problem !== 'undeclared') throw notHeld(one.entry.path, `the extended attribute ${name} (it is ${problem} once it was set)`);
      const targets = undeclared.get(name) ?? [];
      targets.push(pinned(one));
      undeclared.set(name, targets);
    }
  }
  for (const [name, targets] of undeclared) await removeXattr(name, targets);
}

function checkOwnership(address: string, entry: PutFile | PutSymlink): void {
  const stat = lstatSync(address);
  if (process.geteuid?.() === 0 && (stat.uid !== entry.uid || stat.gid !== entry.gid)) {
    throw notHeld(entry.path, `the owner ${entry.uid}:${entry.gid} (it would be ${stat.uid}:${stat.gid})`);
  }
  const mode = stat.mode & 0o7777;
  if (entry.type === 'file' && mode !== entry.mode) {
    throw notHeld(entry.path, `the mode ${entry.mode.toString(8)} (it would be ${mode.toString(8)})`);
  }
}

function notHeld(path: string, what: string): UvsError {
  return new UvsError('PATH_FORBIDDEN', `the file system of ${path} does not hold ${what}`, {
    hint: 'Build the package with what that file system holds, or bring the path elsewhere.',
  });
}
