import { UvsError } from '../../common/errors.ts';
import type { Failpoints } from '../failpoints.ts';
import { eachAction, isSameFile, removeDirectory, setOwnership, spareOf, stat } from './acts.ts';
import { restoreDirectoryXattrs } from './directory-xattrs.ts';
import { linkSync, mkdirSync, renameSync, unlinkSync } from './disk.ts';
import { hasNoLink, isErrno, pathError } from './errno.ts';
import type { Action, FileAction, Plan } from './plan.ts';
import { isSameContent } from './same-content.ts';
import { basesOf } from './same-mounts.ts';
import type { Staging } from './staging.ts';
import { isWhatWas } from './stats.ts';
import type { Tree } from './tree.ts';

/**
 * Undoes whatever part of a commit has happened, last act first; may be run again. One path that resists does not keep the others from going
 * back: the first error is thrown at the end. Returns remarks on what could not be as before.
 */
export async function goBack(tree: Tree, plan: Plan, staging: Staging, failpoints: Failpoints): Promise<readonly string[]> {
  const remarks: string[] = [];
  const errors: UvsError[] = [];
  const positions = new Map(plan.actions.map((action, position) => [action, position]));
  await eachAction(plan.actions.toReversed(), failpoints, { half: 'back-half-restored' }, (action) => {
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

/** Undoes the putting of what had no original: what it put goes back to where it was staged, so that a second run finds nothing to do, whatever has the name by then. */
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

function parentIsThere(tree: Tree, path: string): boolean {
  const parent = path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '';
  return tree.existingParent(path) === parent;
}
