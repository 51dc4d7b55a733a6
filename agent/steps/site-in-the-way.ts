import { lstatSync, type Stats } from 'node:fs';
import { UvsError } from '../../common/errors.ts';
import type { FileEntry } from '../../common/upd/manifest.ts';
import type { OpenedPackage } from '../../common/upd/open.ts';
import { isOfSiteAlone } from '../../common/upd/product-roles.ts';
import { parentOf, type Tree } from '../files/tree.ts';
import type { Installed } from '../installed.ts';
import type { StateDirectory } from '../state-directory.ts';
import { putBefore, type Put } from './put-before.ts';

/**
 * Refuses a package of the vendor where a release of the site has put something of another kind in its way, which is still there, and says whose it is and how
 * it goes: a directory can't take the place of a file in one step, nor the reverse. What is of the same kind is replaced.
 * @throws UvsError PATH_FORBIDDEN naming the site's release, JOURNAL_CORRUPT
 */
export async function refuseSiteInTheWay(
  state: StateDirectory,
  installed: Installed,
  { manifest, root, signers }: Pick<OpenedPackage, 'manifest' | 'root' | 'signers'>,
  tree: Tree,
): Promise<void> {
  if (!signers.some(({ role }) => role === 'vendor')) return;
  const put = await putBefore(state, installed, () => true);
  const ofSite = new Map([...put].filter(([, { product }]) => product !== manifest.product && isOfSiteAlone(product, root.root)));
  if (ofSite.size === 0) return;
  for (const entry of manifest.files) {
    for (const above of waysTo(entry.path)) demandKind(ofSite.get(above), true);
    if (entry.op === 'put') demandKind(ofSite.get(entry.path), entry.type === 'directory');
  }

  function demandKind(other: Put | undefined, wantsDirectory: boolean): void {
    if (other === undefined || (other.entry.type === 'directory') === wantsDirectory) return;
    const { path, type } = other.entry;
    const there = lookAt(tree, path);
    if (there === undefined || there.isDirectory() === wantsDirectory) return;
    throw new UvsError(
      'PATH_FORBIDDEN',
      `${path} is a ${type} that ${other.release}, which is installed here, has put there, and the package ${wantsDirectory ? 'wants a directory' : 'wants none'} there`,
      {
        hint: `Bring a release of "${other.product}" that removes it, or one of the vendor that does no more, or move it away on the node; then bring this one again. After that no package of the site gets the path.`,
      },
    );
  }
}

/** The directories above a path, topmost first. */
function waysTo(path: FileEntry['path']): readonly string[] {
  const parent = parentOf(path);
  return parent === '' ? [] : [...waysTo(parent), parent];
}

/** Undefined where nothing is there, or the way to it leads elsewhere. */
function lookAt(tree: Tree, path: string): Stats | undefined {
  try {
    return lstatSync(tree.address(path), { throwIfNoEntry: false });
  } catch (error) {
    if (error instanceof UvsError && (error.reason === 'NOT_FOUND' || error.reason === 'PATH_FORBIDDEN')) return undefined;
    throw error;
  }
}
