import { lstatSync } from 'node:fs';
import { UvsError } from '../../common/errors.ts';
import type { FileEntry } from '../../common/upd/manifest.ts';
import type { OpenedPackage } from '../../common/upd/open.ts';
import { BESIDE_SUFFIX } from '../../common/upd/paths.ts';
import { isOfSiteAlone } from '../../common/upd/product-roles.ts';
import type { MountTable } from '../files/mount-table.ts';
import { Places } from '../files/places.ts';
import { impliedDirectory } from '../files/survey.ts';
import { parentOf, type Tree } from '../files/tree.ts';
import type { Installed } from '../installed.ts';
import type { OperationContext } from '../operation-context.ts';
import { refuseAgentOfSite } from './agent-of-site.ts';
import { putBefore, type Put } from './put-before.ts';

/**
 * Refuses a package of the site that replaces, changes or removes what a release of the vendor has put, whatever is there now, changes a directory in which
 * that is, or brings an agent. The vendor's go first where both want a path, so that no site package that came before keeps them away.
 * Names are taken as the node takes them: through bind mounts, and without case where the file system has none.
 * @throws UvsError PATH_FORBIDDEN naming that release, JOURNAL_CORRUPT
 */
export async function refusePathsOfVendor(
  { setup, state }: Pick<OperationContext, 'setup' | 'state'>,
  installed: Installed,
  { manifest, root, signers }: Pick<OpenedPackage, 'manifest' | 'root' | 'signers'>,
  tree: Tree,
  mounts: MountTable,
): Promise<void> {
  if (signers.some(({ role }) => role === 'vendor')) return;
  const aliases = (path: string): readonly string[] => mounts.aliases(path);
  const places = new Places(tree, mounts);
  refuseAgentOfSite(setup.root, manifest.files.flatMap(namesOf).flatMap(aliases));
  const vendors = await putBefore(state, installed, (product) => product !== manifest.product && !isOfSiteAlone(product, root.root));
  const put = byPlace(vendors, places);
  const above = byPlace(directoriesOf(vendors.values()), places);
  const own = await putBefore(state, installed, (product) => product === manifest.product);
  for (const entry of manifest.files) {
    for (const path of namesOf(entry).flatMap(aliases)) {
      const place = placeOf(path, places);
      const other = put.get(place);
      if (other !== undefined && !isSameDirectory(entry, other.entry)) throw taken(path, other);
      const inside = above.get(place);
      if (other !== undefined || inside === undefined || entry.op === 'remove') continue;
      if (!isSameDirectory(entry, own.get(entry.path)?.entry) && !isAsItIs(entry, tree)) throw changed(path, inside);
    }
  }
}

/** By the path of each directory on the way to what was put, whose it is by that, whether a release names it or not. */
function directoriesOf(put: Iterable<Put>): ReadonlyMap<string, Put> {
  const above = new Map<string, Put>();
  for (const one of put) {
    for (let at = parentOf(one.entry.path); at !== '' && !above.has(at); at = parentOf(at)) above.set(at, one);
  }
  return above;
}

function byPlace(put: ReadonlyMap<string, Put>, places: Places): ReadonlyMap<string, Put> {
  return new Map([...put].map(([path, one]) => [placeOf(path, places), one]));
}

/** Below what is no directory any more nothing has a place: the name alone counts. */
function placeOf(path: string, places: Places): string {
  try {
    return places.of(path);
  } catch (error) {
    if (error instanceof UvsError && error.reason === 'PATH_FORBIDDEN') return path;
    throw error;
  }
}

function namesOf(entry: FileEntry): readonly string[] {
  return entry.op === 'put' && entry.type === 'file' && entry.config === 'new-beside'
    ? [entry.path, `${entry.path}${BESIDE_SUFFIX}`]
    : [entry.path];
}

/** Directories are shared, as long as nobody changes whose they are. */
function isSameDirectory(entry: FileEntry, other: FileEntry | undefined): boolean {
  if (entry.op !== 'put' || entry.type !== 'directory' || other?.op !== 'put' || other.type !== 'directory') return false;
  const { mode, uid, gid, xattrs } = entry;
  return (
    mode === other.mode &&
    uid === other.uid &&
    gid === other.gid &&
    Object.entries(xattrs).every(([name, value]) => other.xattrs[name] === value)
  );
}

/** Whether an entry says no more than what is there already, or would be made where nobody names it. */
function isAsItIs(entry: FileEntry, tree: Tree): boolean {
  if (entry.op !== 'put' || entry.type !== 'directory' || Object.keys(entry.xattrs).length > 0) return false;
  const isThere = tree.existingParent(`${entry.path}/x`) === entry.path;
  const { mode, uid, gid } = isThere ? lstatSync(tree.address(entry.path)) : impliedDirectory();
  return (mode & 0o7777) === entry.mode && uid === entry.uid && gid === entry.gid;
}

function taken(path: string, { release }: Put): UvsError {
  return new UvsError('PATH_FORBIDDEN', `the package may not touch ${path}: ${release}, which is installed here, has put it there`, {
    hint: 'A package that a site key signs leaves alone what is of the vendor: bring it under another name.',
  });
}

function changed(path: string, { release }: Put): UvsError {
  return new UvsError(
    'PATH_FORBIDDEN',
    `the package may not change the directory ${path}: ${release}, which is installed here, has files below it`,
    {
      hint: 'A package that a site key signs leaves it out, or names it with the mode and the owner that it has and without extended attributes.',
    },
  );
}
