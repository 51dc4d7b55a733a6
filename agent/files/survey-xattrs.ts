import { lstatSync } from 'node:fs';
import type { PutDirectory, PutFile, PutSymlink } from '../../common/upd/manifest.ts';
import { isGivenBySystem } from '../../common/xattr-dump.ts';
import type { Action } from './plan.ts';
import { neverInPlace } from './refusals.ts';
import { ownershipOf } from './stats.ts';
import type { Tree } from './tree.ts';
import { readTreeXattrs } from './tree-xattrs.ts';
import { differences } from './xattr-differences.ts';
import { ifXattrPrograms } from './xattrs.ts';

/** What stays because nothing may be put in its place has to be as the release has it in its attributes too. @throws UvsError PATH_FORBIDDEN */
export async function demandSameXattrs(tree: Tree, kept: readonly (PutFile | PutSymlink)[]): Promise<void> {
  const paths = kept.map(({ path }) => path);
  const found = await ifXattrPrograms(() => readTreeXattrs(tree, paths));
  for (const [place, { path, xattrs }] of kept.entries()) {
    if (found === undefined || differences(xattrs, found[place] ?? {}).length === 0) continue;
    throw neverInPlace(path, 'it is needed as it is, and has other extended attributes than the release says');
  }
}

/** Adds what is to be set on directories that are there: attributes that a release names; those that it does not name are left as they are. */
export async function withXattrs(tree: Tree, setting: readonly Action[], directories: readonly PutDirectory[]): Promise<Action[]> {
  const found = await readTreeXattrs(
    tree,
    directories.map(({ path }) => path),
  );
  const byPath = new Map(setting.map((action) => [action.path, action]));
  for (const [place, { path, mode, uid, gid, xattrs }] of directories.entries()) {
    const now = found[place] ?? {};
    const changed = Object.keys(xattrs).filter((name) => now[name] !== xattrs[name]);
    if (changed.length === 0) continue;
    const before = {
      ...ownershipOf(lstatSync(tree.address(path))),
      xattrs: Object.fromEntries(changed.map((name) => [name, now[name] ?? null])),
    };
    byPath.set(path, { kind: 'set-directory', path, mode, uid, gid, xattrs, before });
  }
  return [...byPath.values()];
}

/** Notes what directories that are removed have, so that they can be made again with it. */
export async function keepXattrs(tree: Tree, removing: readonly Action[]): Promise<void> {
  const removed = removing.filter((action) => action.kind === 'remove-directory');
  const lost = await ifXattrPrograms(() =>
    readTreeXattrs(
      tree,
      removed.map(({ path }) => path),
    ),
  );
  for (const [place, action] of removed.entries()) {
    const xattrs = Object.fromEntries(Object.entries(lost?.[place] ?? {}).filter(([name]) => !isGivenBySystem(name)));
    if (Object.keys(xattrs).length > 0) action.before = { ...action.before, xattrs };
  }
}
