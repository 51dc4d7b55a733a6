import { accessSync, constants, lstatSync, readFileSync } from 'node:fs';
import { UvsError } from '../../common/errors.ts';
import { isErrno, pathError } from './errno.ts';
import { lsattr } from './lsattr.ts';
import { unescapeOctal } from './mount-table.ts';
import type { Plan } from './plan.ts';
import { parentOf, type Tree } from './tree.ts';

/** Files and directories that are there and will change, or go. */
export interface Touched {
  readonly files: Iterable<string>;
  readonly directories: Iterable<string>;
}

const nothing: Touched = { files: [], directories: [] };

/**
 * Refuses what the commit, or going back, could not change: flags of chattr(1), which bind root too, read-only mounts, swap files. access(2) tells of
 * "immutable" for what is written, lsattr(1) of "append only" beside.
 * @param beside what is changed beside the plan
 * @throws UvsError PATH_FORBIDDEN
 */
export async function demandChangeable(root: string, tree: Tree, plan: Plan, beside: Touched = nothing): Promise<void> {
  const touched = touchedBy(tree, plan);
  const files = new Set([...touched.files, ...beside.files]);
  const directories = new Set([...touched.directories, ...beside.directories]);
  const swaps = swapFiles();
  for (const path of [...directories, ...files]) {
    const isDirectory = directories.has(path);
    const address = isDirectory ? tree.address(`${path === '' ? '' : `${path}/`}.`) : tree.address(path);
    // access(2) would follow it; it has no flags of its own
    if (!isDirectory && lstatSync(address, { throwIfNoEntry: false })?.isFile() !== true) continue;
    try {
      accessSync(address, constants.W_OK);
    } catch (error) {
      if (isErrno(error, 'EPERM')) throw flagged(path, 'is immutable');
      if (isDirectory || isErrno(error, 'EROFS')) throw pathError(error, path, 'looking at');
    }
    if (swaps.has(`${root === '/' ? '' : root}/${path}`)) throw flagged(path, 'is a swap file in use');
  }
  await refuseFlagged(tree, [...directories, ...files]);
}

/** Existing files that are replaced or removed, and the existing directories whose names or metadata change. */
function touchedBy(tree: Tree, { actions }: Plan): Touched {
  const files = new Set<string>();
  const directories = new Set<string>();
  const parents = new Set<string>();
  for (const action of actions) {
    const parent = parentOf(action.path);
    if (!parents.has(parent)) directories.add(tree.existingParent(action.path));
    parents.add(parent);
    if (action.kind === 'set-directory' || action.kind === 'remove-directory') directories.add(action.path);
    if (action.kind === 'remove-file' || (action.kind === 'put' && action.hasOriginal)) files.add(action.path);
  }
  return { files, directories };
}

async function refuseFlagged(tree: Tree, paths: readonly string[]): Promise<void> {
  for (const [path, { flags }] of await lsattr(tree, paths)) {
    if (flags.includes('i')) throw flagged(path, 'is immutable');
    if (flags.includes('a')) throw flagged(path, 'may only be appended to');
  }
}

function swapFiles(): ReadonlySet<string> {
  try {
    const lines = readFileSync('/proc/swaps', 'utf8').split('\n').slice(1);
    return new Set(lines.map((line) => unescapeOctal(line.split(/\s/)[0] ?? '')));
  } catch {
    return new Set();
  }
}

function flagged(path: string, what: string): UvsError {
  const shown = path === '' ? 'the root' : path;
  return new UvsError('PATH_FORBIDDEN', `${shown} ${what}, and would have to change`, {
    hint: 'See lsattr(1); take the flag away with chattr(1) if it is to change, or build the package without.',
  });
}
