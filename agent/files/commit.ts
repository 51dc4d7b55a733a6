import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  renameSync,
  rmdirSync,
  unlinkSync,
} from 'node:fs';
import { UvsError } from '../../common/errors.ts';
import type { FailpointName, Failpoints } from '../failpoints.ts';
import { isErrno, pathError } from './errno.ts';
import type { Action, Plan } from './plan.ts';
import type { Staging } from './staging.ts';
import type { Tree } from './tree.ts';

/** Acts between two turns of the event loop: the agent keeps talking meanwhile. */
const YIELD_EVERY = 128;

/** Gives every original that the commit replaces or removes a second name in the staging area; may be run again. */
export async function keepOriginals(tree: Tree, plan: Plan, staging: Staging, failpoints: Failpoints): Promise<void> {
  const originals = plan.actions.filter((action) => (action.kind === 'put' && action.hasOriginal) || action.kind === 'remove-file');
  await each(originals, failpoints, { half: 'half-of-originals-linked' }, (action) => {
    if (action.kind !== 'put' && action.kind !== 'remove-file') return;
    try {
      const kept = staging.oldAddress(action.base, action.index);
      linkSync(tree.address(action.path), kept);
    } catch (error) {
      throw pathError(error, action.path, 'keeping the original of');
    }
  });
}

/** Brings the staged release into place: directories, then renames over the targets, then removals. No name is ever absent that stays. */
export async function commit(tree: Tree, plan: Plan, staging: Staging, failpoints: Failpoints): Promise<void> {
  const of = (...kinds: readonly Action['kind'][]): readonly Action[] => plan.actions.filter((action) => kinds.includes(action.kind));
  const act = (action: Action): void => {
    try {
      apply(tree, action, staging);
    } catch (error) {
      throw pathError(error, action.path, 'writing');
    }
  };
  await each(of('make-directory'), failpoints, {}, act);
  failpoints.pass('directories-made');
  await each(of('put'), failpoints, { first: 'first-file-renamed', half: 'half-of-files-renamed' }, act);
  failpoints.pass('files-renamed');
  await each(of('set-directory'), failpoints, {}, act);
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
  await each(plan.actions.toReversed(), failpoints, { half: 'back-half-restored' }, (action) => {
    try {
      const remark = undo(tree, action, staging);
      if (remark !== undefined) remarks.push(remark);
    } catch (error) {
      errors.push(pathError(error, action.path, 'restoring'));
    }
  });
  const [first] = errors;
  if (first === undefined) return remarks;
  if (errors.length === 1) throw first;
  throw new UvsError(first.reason, `${first.message}, and ${errors.length - 1} more paths could not be restored`, { cause: first });
}

function apply(tree: Tree, action: Action, staging: Staging): void {
  switch (action.kind) {
    case 'make-directory':
      makeDirectory(tree.address(action.path), action);
      return;
    case 'set-directory':
      setOwnership(tree.address(action.path), action);
      return;
    case 'put': {
      const staged = staging.newAddress(action.base, action.index);
      renameSync(staged, tree.address(action.path));
      return;
    }
    case 'remove-file':
      unlinkSync(tree.address(action.path));
      return;
    case 'remove-directory':
      removeDirectory(tree.address(action.path), action.path);
      return;
    default:
      action satisfies never;
  }
}

function undo(tree: Tree, action: Action, staging: Staging): string | undefined {
  switch (action.kind) {
    case 'remove-directory':
      makeDirectory(tree.address(action.path), action.before);
      return;
    case 'set-directory':
      setOwnership(tree.address(action.path), action.before);
      return;
    case 'remove-file':
      return restore(tree, action.path, staging.oldAddress(action.base, action.index));
    case 'put':
      if (action.hasOriginal) return restore(tree, action.path, staging.oldAddress(action.base, action.index));
      if (parentIsThere(tree, action.path)) removeIfThere(tree.address(action.path));
      return;
    case 'make-directory':
      if (!parentIsThere(tree, action.path)) return;
      return removeDirectory(tree.address(action.path), action.path);
    default:
      return action satisfies never;
  }
}

/** Renames the original back. Where it is still the same inode, rename(2) does nothing and both names stay, which is as good. */
function restore(tree: Tree, path: string, kept: string): undefined {
  const target = tree.address(path);
  if (!existsWithoutFollowing(kept)) return; // an earlier run has renamed it
  renameSync(kept, target);
}

function makeDirectory(address: string, wanted: { mode: number; uid: number; gid: number }): void {
  try {
    mkdirSync(address, { mode: 0o700 });
  } catch (error) {
    if (!isErrno(error, 'EEXIST') || !lstatSync(address).isDirectory()) throw error;
  }
  setOwnership(address, wanted);
}

/** By a descriptor: whoever owns the parent may have put a symlink there by now, which chown(2) and chmod(2) would follow. */
function setOwnership(address: string, wanted: { mode: number; uid: number; gid: number }): void {
  const fd = openSync(address, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
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

function removeIfThere(address: string): void {
  try {
    unlinkSync(address);
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
  }
}

function parentIsThere(tree: Tree, path: string): boolean {
  const parent = path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '';
  return tree.existingParent(path) === parent;
}

function existsWithoutFollowing(address: string): boolean {
  return lstatSync(address, { throwIfNoEntry: false }) !== undefined;
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
