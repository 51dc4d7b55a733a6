import { statfsSync } from 'node:fs';
import { UvsError } from '../../common/errors.ts';
import { lsattr, type InodeAttributes } from './lsattr.ts';
import type { Plan } from './plan.ts';
import { parentOf, type Tree } from './tree.ts';

/** Type of an xfs in statfs(2). */
const XFS = 0x58465342;
const REBUILD = 'or build the package without';

/** Places that a plan renames something into from the staging area of their mount, or out of it and back. */
interface Reached {
  /** Topmost directory of its mount, by directory. */
  readonly directories: ReadonlyMap<string, string>;
  /** Files that will have a second name in the staging area, with the directory that each is in. */
  readonly originals: readonly { readonly path: string; readonly directory: string }[];
}

/**
 * Refuses what rename(2) and link(2) don't do within one mount: from one device to another, as between subvolumes of btrfs, and into a directory
 * that keeps what is in it to its own project (project quotas, chattr(1) +P) what is of another one.
 * @throws UvsError PATH_FORBIDDEN
 */
export async function demandWithinReach(tree: Tree, plan: Plan): Promise<void> {
  const { directories, originals } = reachedBy(tree, plan);
  for (const [directory, base] of directories) {
    if (tree.device(directory) !== tree.device(base)) throw otherDevice(directory);
  }
  const asked = [...new Set([...directories.keys(), ...directories.values()])];
  const projects = keptTo(tree, await lsattr(tree, asked, { withProjects: true }));
  if (projects.size === 0) return;
  for (const [directory, base] of directories) {
    const kept = projects.get(directory);
    const staged = projects.get(base) ?? 0;
    if (kept !== undefined && kept !== staged) throw otherProject(directory, kept, staged);
  }
  await demandOfProjects(tree, { directories, originals }, projects);
}

/** An original has to come into the staging area, and back. */
async function demandOfProjects(tree: Tree, { directories, originals }: Reached, projects: ReadonlyMap<string, number>): Promise<void> {
  const keeperOf = new Map<string, string>();
  for (const { path, directory } of originals) {
    const keeper = [directory, directories.get(directory) ?? ''].find((one) => projects.has(one));
    if (keeper !== undefined) keeperOf.set(path, keeper);
  }
  for (const [path, { project }] of await lsattr(tree, [...keeperOf.keys()], { withProjects: true })) {
    const keeper = keeperOf.get(path) ?? '';
    const kept = projects.get(keeper);
    if (kept !== undefined && kept !== project) throw strayOriginal(path, project, keeper, kept);
  }
}

function reachedBy(tree: Tree, { actions }: Plan): Reached {
  const directories = new Map<string, string>();
  const originals: { readonly path: string; readonly directory: string }[] = [];
  const existing = new Map<string, string>();
  for (const action of actions) {
    if (action.kind === 'set-directory') continue;
    const parent = parentOf(action.path);
    let directory = existing.get(parent);
    if (directory === undefined) {
      directory = tree.existingParent(action.path);
      existing.set(parent, directory);
      directories.set(directory, tree.mountBase(directory));
    }
    // another one takes its place when it is to come back, which is to be as it was
    if (action.kind === 'remove-directory') directories.set(action.path, directories.get(directory) ?? '');
    if (action.kind === 'remove-file' || (action.kind === 'put' && action.hasOriginal)) originals.push({ path: action.path, directory });
  }
  return { directories, originals };
}

/** The project that a directory keeps its files to, of those that do so. xfs does, and tells of its flag since Linux 5.13: an id of a directory's own goes with it there. */
function keptTo(tree: Tree, found: ReadonlyMap<string, InodeAttributes>): ReadonlyMap<string, number> {
  const isKept = ([path, { flags, project }]: readonly [string, InodeAttributes]): boolean =>
    flags.includes('P') || (project !== 0 && statfsSync(tree.address(`${path === '' ? '' : `${path}/`}.`)).type === XFS);
  return new Map([...found].filter(isKept).map(([path, { project }]) => [path, project]));
}

function otherDevice(directory: string): UvsError {
  return refusal(
    `${shown(directory)} is on another device than the rest of its mount, as a subvolume of btrfs is: what is staged can't be renamed into it`,
    `Mount it by itself, and have /etc/fstab say so, ${REBUILD}.`,
  );
}

function otherProject(directory: string, kept: number, staged: number): UvsError {
  return refusal(
    `${shown(directory)} takes files of project ${kept} alone (chattr +P), and what is staged on its mount is of project ${staged}`,
    `See lsattr -pd; take the flag away with chattr -P, give the directory a mount of its own, ${REBUILD}.`,
  );
}

function strayOriginal(path: string, project: number, keeper: string, kept: number): UvsError {
  return refusal(
    `${path} is of project ${project}, and ${shown(keeper)} takes files of project ${kept} alone (chattr +P): what is replaced or removed there could not come back`,
    `See lsattr -pd; give it the project of its directory with chattr -p, ${REBUILD}.`,
  );
}

function shown(path: string): string {
  return path === '' ? 'the root' : path;
}

function refusal(message: string, hint: string): UvsError {
  return new UvsError('PATH_FORBIDDEN', message, { hint });
}
