import { lstatSync } from 'node:fs';
import { UvsError } from '../../common/errors.ts';
import type { Failpoints } from '../failpoints.ts';
import { eachAction, isSameFile, removeDirectory, setOwnership, spareOf, stat } from './acts.ts';
import { copyFileSync, linkSync, mkdirSync, renameSync, unlinkSync } from './disk.ts';
import { dropInherited, setDirectoryXattrs } from './directory-xattrs.ts';
import { hasNoLink, isErrno, pathError } from './errno.ts';
import type { Action, FileAction, Plan } from './plan.ts';
import { isSameContent } from './same-content.ts';
import { basesOf } from './same-mounts.ts';
import type { Staging } from './staging.ts';
import type { Tree } from './tree.ts';

const tryAgain = { hint: 'It is as it was; try again.' };

/**
 * Gives every original that the commit replaces or removes a second name in the staging area, and makes a spare for each directory that it removes:
 * going back needs no space then, which somebody else may have taken meanwhile.
 */
export async function keepOriginals(tree: Tree, plan: Plan, staging: Staging, failpoints: Failpoints): Promise<void> {
  for (const base of basesOf(plan.actions)) staging.markKept(base);
  const originals = plan.actions.filter((action) => (action.kind === 'put' && action.hasOriginal) || action.kind === 'remove-file');
  await eachAction(originals, failpoints, { half: 'half-of-originals-linked' }, (action) => {
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
  await eachAction(of('make-directory'), failpoints, {}, act);
  await dropInherited(tree, plan);
  await eachAction(of('make-directory'), failpoints, {}, own);
  failpoints.pass('directories-made');
  await eachAction(of('put'), failpoints, { first: 'first-file-renamed', half: 'half-of-files-renamed' }, act);
  failpoints.pass('files-renamed');
  await eachAction(of('set-directory'), failpoints, {}, act);
  await setDirectoryXattrs(tree, plan);
  await eachAction(of('remove-file', 'remove-directory'), failpoints, { half: 'half-of-removals-done' }, act);
  failpoints.pass('committed');
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

function makeDirectory(address: string): void {
  try {
    mkdirSync(address, 0o700);
  } catch (error) {
    if (!isErrno(error, 'EEXIST') || !lstatSync(address).isDirectory()) throw error;
  }
}

function isUnedited(address: string, seen: { readonly size: number; readonly mtimeMs: number }): boolean {
  const { size, mtimeMs } = lstatSync(address);
  return size === seen.size && mtimeMs === seen.mtimeMs;
}
