import { lstatSync } from 'node:fs';
import { UvsError } from '../../common/errors.ts';
import { isGivenBySystem, type Xattrs } from '../../common/xattr-dump.ts';
import type { Plan } from './plan.ts';
import type { Tree } from './tree.ts';
import { inPinnedParents, readTreeXattrs, setTreeXattrs } from './tree-xattrs.ts';
import { ifXattrPrograms, removeXattr } from './xattrs.ts';

/** Attributes of a directory as they are to be; null: there is to be none of that name. */
interface Wanted {
  readonly path: string;
  readonly xattrs: Readonly<Record<string, string | null>>;
}

/** Gives directories the extended attributes that the plan has for them; may be run again. */
export async function setDirectoryXattrs(tree: Tree, { actions }: Plan): Promise<void> {
  await change(
    tree,
    actions.flatMap((action) =>
      (action.kind === 'make-directory' || action.kind === 'set-directory') && action.xattrs !== undefined
        ? [{ path: action.path, xattrs: action.xattrs }]
        : [],
    ),
  );
}

/**
 * Takes from directories that the plan has made what they inherited, such as the default access list of the one above them, acl(5): they are to have
 * what the plan says and nothing else; may be run again. Where nobody can look, nothing is to be set either.
 */
export async function dropInherited(tree: Tree, { actions }: Plan): Promise<void> {
  const made = actions.flatMap((action) => (action.kind === 'make-directory' ? [{ path: action.path, xattrs: action.xattrs ?? {} }] : []));
  await takeUndeclared(tree, made);
}

async function takeUndeclared(tree: Tree, wanted: readonly Wanted[]): Promise<void> {
  const found = await ifXattrPrograms(() =>
    readTreeXattrs(
      tree,
      wanted.map(({ path }) => path),
    ),
  );
  if (found === undefined) return;
  const gone = wanted.map(({ path, xattrs }, place) => {
    const undeclared = Object.keys(found[place] ?? {}).filter((name) => (xattrs[name] ?? null) === null && !isGivenBySystem(name));
    return { path, xattrs: Object.fromEntries(undeclared.map((name) => [name, null])) };
  });
  await change(tree, gone);
}

/** Undoes that, and gives directories that had been removed theirs again; may be run again. Their owner and mode have to be restored before. */
export async function restoreDirectoryXattrs(tree: Tree, { actions }: Plan): Promise<void> {
  const remade = actions.flatMap((action) =>
    action.kind === 'remove-directory' && isDirectory(tree, action.path) ? [{ path: action.path, xattrs: action.before.xattrs ?? {} }] : [],
  );
  await takeUndeclared(tree, remade);
  await change(
    tree,
    actions.flatMap((action) => {
      if ((action.kind !== 'set-directory' && action.kind !== 'remove-directory') || action.before.xattrs === undefined) return [];
      // one that has become something else has been told of already
      return isDirectory(tree, action.path) ? [{ path: action.path, xattrs: action.before.xattrs }] : [];
    }),
  );
}

async function change(tree: Tree, wanted: readonly Wanted[]): Promise<void> {
  const present: { path: string; xattrs: Xattrs }[] = [];
  const gone = new Map<string, string[]>();
  for (const { path, xattrs } of wanted) {
    const values = Object.entries(xattrs);
    const kept = values.flatMap(([name, value]) => (value === null ? [] : [[name, value] as const]));
    if (kept.length > 0) present.push({ path, xattrs: Object.fromEntries(kept) });
    for (const [name, value] of values) {
      if (value !== null) continue;
      const paths = gone.get(name) ?? [];
      paths.push(path);
      gone.set(name, paths);
    }
  }
  await setTreeXattrs(tree, present);
  for (const [name, paths] of gone) {
    await inPinnedParents(
      tree,
      paths,
      (path) => path,
      (targets) =>
        removeXattr(
          name,
          targets.map(({ pinned }) => pinned),
        ),
    );
  }
}

function isDirectory(tree: Tree, path: string): boolean {
  try {
    return lstatSync(tree.address(path), { throwIfNoEntry: false })?.isDirectory() === true;
  } catch (error) {
    if (error instanceof UvsError) return false;
    throw error;
  }
}
