import type { Xattrs } from '../../common/xattr-dump.ts';
import type { PinnedDirectory, Tree } from './tree.ts';
import { readXattrs, setXattrs, type PinnedPath } from './xattrs.ts';

/** Directories that are held open at once. */
const MAX_PINNED = 200;

/** Reads the extended attributes of paths in a tree, in their order; few processes for many paths. @throws UvsError PROGRAM_MISSING */
export async function readTreeXattrs(tree: Tree, paths: readonly string[]): Promise<readonly Xattrs[]> {
  const found: Xattrs[] = [];
  await inPinnedParents(
    tree,
    paths,
    (path) => path,
    async (targets) => {
      found.push(...(await readXattrs(targets.map(({ pinned }) => pinned))));
    },
  );
  return found;
}

/** Sets extended attributes in a tree, never through a symlink. */
export async function setTreeXattrs(tree: Tree, wanted: readonly { readonly path: string; readonly xattrs: Xattrs }[]): Promise<void> {
  await inPinnedParents(
    tree,
    wanted,
    ({ path }) => path,
    (targets) => setXattrs(targets.map(({ item, pinned }) => ({ ...pinned, xattrs: item.xattrs }))),
  );
}

interface Pinned<T> {
  readonly item: T;
  readonly pinned: PinnedPath;
}

/** Acts on items in groups, for each of which the parents of its paths are held open. */
export async function inPinnedParents<T>(
  tree: Tree,
  items: readonly T[],
  pathOf: (item: T) => string,
  act: (targets: readonly Pinned<T>[]) => Promise<void>,
): Promise<void> {
  for (let from = 0; from < items.length;) {
    using pins = new DisposableStack();
    const parents = new Map<string, PinnedDirectory>();
    const group: Pinned<T>[] = [];
    for (; from < items.length && parents.size < MAX_PINNED; from += 1) {
      const item = items[from];
      if (item === undefined) continue;
      const path = pathOf(item);
      const slash = path.lastIndexOf('/');
      const parent = path.slice(0, Math.max(0, slash));
      const pin = parents.get(parent) ?? pins.use(tree.pin(parent));
      parents.set(parent, pin);
      group.push({ item, pinned: { directoryFd: pin.fd, name: path.slice(slash + 1), path } });
    }
    await act(group);
  }
}
