import { UvsError } from '../../common/errors.ts';
import type { Tree } from '../files/tree.ts';
import { readTreeXattrs } from '../files/tree-xattrs.ts';
import { differences, type XattrDifference } from '../files/xattr-differences.ts';
import { ifXattrPrograms } from '../files/xattrs.ts';
import type { ExpectedFiles } from './file-comparison.ts';

/** By which others than the mode names get at something. */
const ACCESS_LIST = /^system\.(?:posix_acl_|nfs4_acl)/;

/** @throws UvsError READBACK_MISMATCH naming the first attribute that is not as it should be */
export async function demandXattrs(tree: Tree, expected: ExpectedFiles): Promise<void> {
  const [first] = await xattrDifferences(tree, expected, () => true);
  if (first === undefined) return;
  const { path, name, problem } = first;
  throw new UvsError('READBACK_MISMATCH', `the extended attribute ${name} of ${path} is ${problem} after the commit`, {
    hint: 'Something on the node has changed it, or the disk may be failing: see the kernel log.',
  });
}

/**
 * Compares the extended attributes of all that has to be there: a file has what is declared and nothing else, a directory at least that, none that was
 * to be taken from it, and one that was made no other access list. Of each path the first difference is told.
 * @param isThere whether there is anything at a path to ask about
 */
export async function xattrDifferences(
  tree: Tree,
  { files, plan }: ExpectedFiles,
  isThere: (path: string) => boolean,
): Promise<readonly ({ readonly path: string } & XattrDifference)[]> {
  const left = new Set(plan.left);
  const names = new Map(plan.actions.flatMap((action) => (action.kind === 'put' ? [[action.index, action.path] as const] : [])));
  const made = new Set(plan.actions.flatMap((action) => (action.kind === 'make-directory' ? [action.path] : [])));
  const taken = new Map(plan.actions.map((action) => [action.path, takenFrom(action)]));
  const looked = files.flatMap((entry, index) => {
    const path = names.get(index) ?? entry.path;
    if (entry.op !== 'put' || left.has(index) || !isThere(path)) return [];
    const isAsked = Object.keys(entry.xattrs).length > 0 || made.has(path) || (taken.get(path) ?? []).length > 0;
    return entry.type === 'directory' && !isAsked ? [] : [{ path, entry }];
  });
  const read = () =>
    readTreeXattrs(
      tree,
      looked.map(({ path }) => path),
    );
  const mustBeThere = looked.some(({ entry }) => Object.keys(entry.xattrs).length > 0);
  const found = mustBeThere ? await read() : await ifXattrPrograms(read);
  if (found === undefined) return [];
  const counts = (path: string, { name, problem }: XattrDifference): boolean =>
    problem !== 'undeclared' || taken.get(path)?.includes(name) === true || (made.has(path) && ACCESS_LIST.test(name));
  return looked.flatMap(({ path, entry }, place) => {
    const [first] = differences(entry.xattrs, found[place] ?? {}).filter((one) => entry.type !== 'directory' || counts(path, one));
    return first === undefined ? [] : [{ path, ...first }];
  });
}

/** Attributes that a directory is not to have any more. */
function takenFrom(action: ExpectedFiles['plan']['actions'][number]): readonly string[] {
  if (action.kind !== 'set-directory') return [];
  return Object.entries(action.xattrs ?? {}).flatMap(([name, value]) => (value === null ? [name] : []));
}
