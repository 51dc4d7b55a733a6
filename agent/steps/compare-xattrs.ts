import { UvsError } from '../../common/errors.ts';
import type { FileEntry } from '../../common/upd/manifest.ts';
import type { Plan } from '../files/plan.ts';
import type { Tree } from '../files/tree.ts';
import { readTreeXattrs } from '../files/tree-xattrs.ts';
import { differences } from '../files/xattr-differences.ts';
import { ifXattrPrograms } from '../files/xattrs.ts';

/** By which others than the mode names get at something. */
const ACCESS_LIST = /^system\.(?:posix_acl_|nfs4_acl)/;

/**
 * Compares the extended attributes of all that the release put with the manifest: a file has what is declared and nothing else, a directory at
 * least that, and one that was made no other access list. @throws UvsError READBACK_MISMATCH
 */
export async function compareXattrs(tree: Tree, files: readonly FileEntry[], plan: Plan): Promise<void> {
  const left = new Set(plan.left);
  const names = new Map(plan.actions.flatMap((action) => (action.kind === 'put' ? [[action.index, action.path] as const] : [])));
  const made = new Set(plan.actions.flatMap((action) => (action.kind === 'make-directory' ? [action.path] : [])));
  const looked = files.flatMap((entry, index) => {
    if (entry.op !== 'put' || left.has(index)) return [];
    if (entry.type === 'directory' && Object.keys(entry.xattrs).length === 0 && !made.has(entry.path)) return [];
    return [{ path: names.get(index) ?? entry.path, entry }];
  });
  const read = () =>
    readTreeXattrs(
      tree,
      looked.map(({ path }) => path),
    );
  const mustBeThere = looked.some(({ entry }) => Object.keys(entry.xattrs).length > 0);
  const found = mustBeThere ? await read() : await ifXattrPrograms(read);
  if (found === undefined) return;
  for (const [place, { path, entry }] of looked.entries()) {
    const [difference] = differences(entry.xattrs, found[place] ?? {}).filter(
      ({ name, problem }) => entry.type !== 'directory' || problem !== 'undeclared' || (made.has(path) && ACCESS_LIST.test(name)),
    );
    if (difference === undefined) continue;
    throw new UvsError(
      'READBACK_MISMATCH',
      `the extended attribute ${difference.name} of ${path} is ${difference.problem} after the commit`,
      {
        hint: 'Something on the node has changed it, or the disk may be failing: see the kernel log.',
      },
    );
  }
}
