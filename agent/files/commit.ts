import { closeSync, constants, lstatSync, type BigIntStats } from 'node:fs';
import { UvsError } from '../../common/errors.ts';
import type { FailpointName, Failpoints } from '../failpoints.ts';
import { copyFileSync, fchmodSync, fchownSync, linkSync, mkdirSync, renameSync, rmdirSync, unlinkSync } from './disk.ts';
import { hasNoLink, isErrno, pathError } from './errno.ts';
import type { Action, Plan } from './plan.ts';
import { basesOf } from './same-mounts.ts';
import { openToReadSync } from './reading.ts';
import type { Staging } from './staging.ts';
import { dropInherited, restoreDirectoryXattrs, setDirectoryXattrs } from './directory-xattrs.ts';
import { isSameContent } from './same-content.ts';
import { isWhatWas } from './stats.ts';
import type { Tree } from './tree.ts';

/** Acts between two turns of the event loop: the agent keeps talking meanwhile. */
const YIELD_EVERY = 128;

const tryAgain = { hint: 'It is as it was; try again.' };

/**
 * Gives every original that the commit replaces or removes a second name in the staging area, and makes a spare for each directory that it removes:
 * going back needs no space then, which somebody else may have taken meanwhile.
 */
export async function keepOriginals(tree: Tree, plan: Plan, staging: Staging, failpoints: Failpoints): Promise<void> {
  for (const base of basesOf(plan.actions)) staging.markKept(base);
  const originals = plan.actions.filter((action) => (action.kind === 'put' && action.hasOriginal) || action.kind === 'remove-file');
  await each(originals, failpoints, { half: 'half-of-originals-linked' }, (action) => {
    if (action.kind !== 'put' && action.kind !== 'remove-file') return;
    try {
      const kept = staging.oldAddress(action.base, action.index);
      if (action.isCopied === true) copyFileSync(tree.address(action.path), kept);
      else linkSync(tree.address(action.path), kept);
    } catch (error) {
      throw pathError(error, action.path, 'keeping the original of');
    }
  });
  for (const [position, action] of plan.actions.entries()) {
    if (action.kind !== 'remove-directory') continue;
    try {
      mkdirSync(spareOf(tree, action.path, position, staging), 0o700);
    } catch (error) {
      throw pathError(error, action.path, 'keeping a directory for');
    }
  }
}

function spareOf(tree: Tree, path: string, position: number, staging: Staging): string {
  return staging.spareAddress(tree.mountBase(tree.existingParent(path)), position);
}

/**
 * Brings the staged release into place: directories, then renames over the targets, then removals. No name is ever absent that stays. Each target
 * is looked at once more right before: what somebody has put there since the originals were kept is not touched. Whatever was put or removed has
 * left its place in `new`, or taken it: by that going back knows what is ours to undo.
 * @throws UvsError CONFLICT
 */
export async function commit(tree: Tree, plan: Plan, staging: Staging, failpoints: Failpoints): Promise<void> {
  const of = (...kinds: readonly Action['kind'][]): readonly Action[] => plan.actions.filter((action) => kinds.includes(action.kind));
  const act = (action: Action): void => {
    try {
      apply(tree, action, staging);
    } catch (error) {
      throw pathError(error, action.path, 'writing');
    }
  };
  const own = (action: Action): void => {
    try {
      if (action.kind === 'make-directory') setOwnership(tree.address(action.path), action);
    } catch (error) {
      throw pathError(error, action.path, 'writing');
    }
  };
  // for root alone until they have nothing that they inherited
  await each(of('make-directory'), failpoints, {}, act);
  await dropInherited(tree, plan);
  await each(of('make-directory'), failpoints, {}, own);
  failpoints.pass('directories-made');
  await each(of('put'), failpoints, { first: 'first-file-renamed', half: 'half-of-files-renamed' }, act);
  failpoints.pass('files-renamed');
  await each(of('set-directory'), failpoints, {}, act);
  await setDirectoryXattrs(tree, plan);
  await each(of('remove-file', 'remove-directory'), failpoints, { half: 'half-of-removals-done' }, act);
  failpoints.pass('committed');
}

/**
 * Undoes whatever part of a commit has happened, last act first; may be run again. One path that resists does not keep the others from going
 * back: the first error is thrown at the end. Returns remarks on what could not be as before.
 */
export async function goBack(tree: Tree, plan: Plan, staging: Staging, failpoints: Failpoints): Promise<readonly string[]> {
  const remarks: string[] = [];
  const errors: UvsError[] = [];
  const positions = new Map(plan.actions.map((action, position) => [action, position]));
  await each(plan.actions.toReversed(), failpoints, { half: 'back-half-restored' }, (action) => {
    try {
      const remark = undo(tree, action, positions.get(action) ?? -1, staging);
      if (remark !== undefined) remarks.push(remark);
    } catch (error) {
      errors.push(pathError(error, action.path, 'restoring'));
    }
  });
  try {
    await restoreDirectoryXattrs(tree, plan);
  } catch (error) {
    errors.push(pathError(error, 'a directory', 'restoring the extended attributes of'));
  }
  // what lacks room only goes on where there is some, and what else is wrong is found then
  const first = errors.find(({ reason }) => reason === 'NO_SPACE') ?? errors[0];
  if (first === undefined) {
    for (const base of basesOf(plan.actions)) staging.markRestored(base);
    return remarks;
  }
  if (errors.length === 1) throw first;
  throw new UvsError(first.reason, `${first.message}, and ${errors.length - 1} more paths could not be restored`, {
    cause: first,
    hint: first.hint,
  });
}

function apply(tree: Tree, action: Action, staging: Staging): void {
  switch (action.kind) {
    case 'make-directory':
      makeDirectory(tree.address(action.path));
      return;
    case 'set-directory':
      setOwnership(tree.address(action.path), action);
      return;
    case 'put': {
      const staged = staging.newAddress(action.base, action.index);
      if (!action.hasOriginal) return putNew(staged, tree.address(action.path), action.path);
      demandKept(tree, action, staging);
      renameSync(staged, tree.address(action.path));
      return;
    }
    case 'remove-file':
      demandKept(tree, action, staging);
      renameSync(tree.address(action.path), staging.newAddress(action.base, action.index));
      return;
    case 'remove-directory':
      removeDirectory(tree.address(action.path), action.path);
      return;
    default:
      action satisfies never;
  }
}

function undo(tree: Tree, action: Action, position: number, staging: Staging): string | undefined {
  switch (action.kind) {
    case 'remove-directory':
      bringDirectoryBack(tree, action.path, position, staging);
      setOwnership(tree.address(action.path), action.before);
      return;
    case 'set-directory':
      setOwnership(tree.address(action.path), action.before);
      return;
    case 'remove-file':
      return bringFileBack(tree, action, staging);
    case 'put':
      if (!action.hasOriginal) return takeBack(tree, action, staging);
      // still staged: it was never put there
      if (isStillStaged(tree, action, staging)) return;
      return restore(tree, action, staging);
    case 'make-directory':
      if (!parentIsThere(tree, action.path)) return;
      return removeDirectory(tree.address(action.path), action.path);
    default:
      return action satisfies never;
  }
}

/** Where a rename is no one act, as on vfat, a power cut may leave the name from which it went beside the one to which it came. */
function isStillStaged(tree: Tree, { path, base, index, isCopied }: FileAction, staging: Staging): boolean {
  const staged = staging.newAddress(base, index);
  if (stat(staged) === undefined) return false;
  return isCopied !== true || stat(tree.address(path)) === undefined || !isSameContent(staged, tree.address(path));
}

type FileAction = Extract<Action, { kind: 'put' | 'remove-file' }>;

/** @throws UvsError CONFLICT where the target is not the original that was kept any more */
function demandKept(tree: Tree, { path, base, index, isCopied, seen }: FileAction, staging: Staging): void {
  const kept = stat(staging.oldAddress(base, index));
  const there = stat(tree.address(path));
  if (kept !== undefined && there !== undefined) {
    const isSame = isCopied === true ? isSameContent(staging.oldAddress(base, index), tree.address(path)) : isSameFile(kept, there);
    if (isSame && (seen === undefined || isUnedited(tree.address(path), seen))) return;
    if (isSame) throw new UvsError('CONFLICT', `${path} was edited here while the release was brought in`, tryAgain);
  }
  throw new UvsError(
    'CONFLICT',
    `${path} was ${there === undefined ? 'removed' : 'replaced'} here while the release was brought in`,
    tryAgain,
  );
}

/** Gives a staged file a name that is free, which link(2) makes sure of. @throws UvsError CONFLICT */
function putNew(staged: string, target: string, path: string): void {
  const isTaken = (cause?: unknown): UvsError =>
    new UvsError('CONFLICT', `${path} appeared here while the release was brought in`, { ...tryAgain, cause });
  try {
    linkSync(staged, target);
  } catch (error) {
    if (isErrno(error, 'EEXIST')) throw isTaken(error);
    if (!hasNoLink(error)) throw error;
    if (stat(target) !== undefined) throw isTaken();
    renameSync(staged, target);
    return;
  }
  unlinkSync(staged);
}

/** Undoes `putNew`: what it put goes back to where it was staged, so that a second run finds nothing to do, whatever has the name by then. */
function takeBack(tree: Tree, { path, base, index }: FileAction, staging: Staging): undefined {
  if (!parentIsThere(tree, path)) return;
  const address = staging.newAddress(base, index);
  const target = tree.address(path);
  const staged = stat(address);
  const there = stat(target);
  if (there === undefined) return;
  if (staged === undefined) {
    if (there.isDirectory()) throw new UvsError('CONFLICT', `${path} has become a directory`, { hint: 'Move it away.' });
    renameSync(target, address);
  } else if (isSameFile(staged, there) || (there.isFile() && !takesLinks(address) && isSameContent(address, target))) {
    // linked, and the agent died; or renamed where that is no one act, and the power failed
    unlinkSync(target);
  }
}

function takesLinks(address: string): boolean {
  const probe = `${address}.linked`;
  try {
    linkSync(address, probe);
  } catch (error) {
    if (hasNoLink(error)) return false;
    if (!isErrno(error, 'EEXIST')) throw error;
  }
  unlinkSync(probe);
  return true;
}

/** What was removed has its name in `new`, too. */
function bringFileBack(tree: Tree, action: FileAction, staging: Staging): undefined {
  const removed = staging.newAddress(action.base, action.index);
  const there = stat(tree.address(action.path));
  // an earlier version of the agent left nothing in `new`
  if (stat(removed) === undefined && there !== undefined) return;
  const isKept = stat(staging.oldAddress(action.base, action.index)) !== undefined;
  if (!isKept && there === undefined && stat(removed) !== undefined) renameSync(removed, tree.address(action.path));
  else restore(tree, action, staging);
}

/**
 * Renames the original back. Where it is still the same inode, rename(2) does nothing and both names stay, which is as good.
 * @throws UvsError CONFLICT where somebody has removed it from the staging area
 */
function restore(tree: Tree, { path, base, index, was, isCopied }: FileAction, staging: Staging): undefined {
  const target = tree.address(path);
  const kept = staging.oldAddress(base, index);
  if (stat(kept) !== undefined) {
    renameSync(kept, target);
    return;
  }
  // an earlier run has renamed it, and since then it is anybody's; of a plan by an earlier agent nothing more is known
  if (was?.inode === undefined || staging.isRestored(base)) return;
  const there = stat(target);
  if (there !== undefined && (isCopied === true ? Number(there.size) === was.size : isWhatWas(there, was))) return;
  throw new UvsError('CONFLICT', `the original of ${path} is not kept any more: it was removed from the staging area`, {
    hint: 'Bring it back from a backup or from the release that it was of.',
  });
}

/** By its spare; one that an earlier version of the agent removed has none, and is made. */
function bringDirectoryBack(tree: Tree, path: string, position: number, staging: Staging): void {
  if (stat(tree.address(path)) !== undefined) return;
  const spare = spareOf(tree, path, position, staging);
  if (stat(spare) === undefined) mkdirSync(tree.address(path), 0o700);
  else renameSync(spare, tree.address(path));
}

function makeDirectory(address: string): void {
  try {
    mkdirSync(address, 0o700);
  } catch (error) {
    if (!isErrno(error, 'EEXIST') || !lstatSync(address).isDirectory()) throw error;
  }
}

/** By a descriptor: whoever owns the parent may have put a symlink there by now, which chown(2) and chmod(2) would follow. */
function setOwnership(address: string, wanted: { mode: number; uid: number; gid: number }): void {
  const fd = openToReadSync(address, constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    if (process.geteuid?.() === 0) fchownSync(fd, wanted.uid, wanted.gid);
    fchmodSync(fd, wanted.mode);
  } finally {
    closeSync(fd);
  }
}

function removeDirectory(address: string, path: string): string | undefined {
  try {
    rmdirSync(address);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return;
    if (isErrno(error, 'ENOTEMPTY')) return `${path} is left: something else was put into it`;
    throw error;
  }
  return;
}

function parentIsThere(tree: Tree, path: string): boolean {
  const parent = path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '';
  return tree.existingParent(path) === parent;
}

/** Without following a symlink; with inode numbers that are exact. */
function stat(address: string): BigIntStats | undefined {
  return lstatSync(address, { bigint: true, throwIfNoEntry: false });
}

function isSameFile(one: BigIntStats, other: BigIntStats): boolean {
  return one.dev === other.dev && one.ino === other.ino;
}

function isUnedited(address: string, seen: { readonly size: number; readonly mtimeMs: number }): boolean {
  const { size, mtimeMs } = lstatSync(address);
  return size === seen.size && mtimeMs === seen.mtimeMs;
}

async function each(
  actions: readonly Action[],
  failpoints: Failpoints,
  points: { readonly first?: FailpointName; readonly half?: FailpointName },
  act: (action: Action) => void,
): Promise<void> {
  const half = Math.floor(actions.length / 2);
  for (const [done, action] of actions.entries()) {
    if (done % YIELD_EVERY === YIELD_EVERY - 1) await new Promise((resolve) => setImmediate(resolve));
    if (done === 1 && points.first !== undefined) failpoints.pass(points.first);
    if (done === half && points.half !== undefined) failpoints.pass(points.half);
    act(action);
  }
}
