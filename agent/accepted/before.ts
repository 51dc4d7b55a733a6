import { lstatSync, type Stats } from 'node:fs';
import { UvsError } from '../../common/errors.ts';
import type { FileEntry } from '../../common/upd/manifest.ts';
import type { Action, FileAction, Plan } from '../files/plan.ts';
import { wasOf } from '../files/stats.ts';
import type { Remembered } from '../files/survey.ts';
import type { Tree } from '../files/tree.ts';
import type { OperationContext } from '../operation-context.ts';
import { describeOriginals } from '../retained/describe.ts';
import { expectedBack } from '../retained/expected-back.ts';
import type { Original } from '../retained/record.ts';
import type { ExpectedFiles } from '../steps/file-comparison.ts';
import { findDifferences, type Differences } from './differences.ts';

/** What is known of a commit, and of the node before it. */
interface Committed {
  readonly plan: Plan;
  /** Of the manifest whose places the plan names. */
  readonly files: ExpectedFiles['files'];
  /** What releases that are installed put at a path. */
  readonly remembered: Remembered;
}

/**
 * Finds every path of a commit that is not as it was before. A file is known again by its size, time, mode and owner, which the plan has and no rename
 * changes; one that was put back by other means by the original that is kept, or by what the release before is signed to have put there.
 */
export async function findDifferencesFromBefore(context: OperationContext, tree: Tree, commit: Committed): Promise<Differences> {
  const { plan, files, remembered } = commit;
  const open = plan.actions.filter((action) => !(hadFile(action) && isAsItWas(context, tree, action)));
  const kept = open.filter((action): action is FileAction => hadFile(action) && isKept(context, tree, action));
  const originals = await describeOriginals(context, { actions: kept }, new Map());
  if (typeof originals === 'string') throw new UvsError('INTERNAL', `the original of ${originals} is neither a file nor a link`);
  const lost = open.filter((action): action is FileAction => hadFile(action) && !kept.includes(action));
  const signed = lost.flatMap((action) => signedOriginal(action, remembered(action.path)));
  const known = new Set([...originals, ...signed].map(({ index }) => index));
  const unknown = lost.filter(({ index }) => !known.has(index));
  const expected = expectedBack({ record: { originals: [...originals, ...signed] }, files }, { actions: open.map(inverse), left: [] });
  return new Map([
    ...unknown.map(({ path }) => [path, 'is not the file that was there, and no original is kept'] as const),
    ...(await findDifferences(context, tree, expected)),
  ]);
}

/** Whether there was something that the commit replaced or removed. */
function hadFile(action: Action): action is FileAction {
  return action.kind === 'remove-file' || (action.kind === 'put' && action.hasOriginal);
}

function isAsItWas({ staging }: OperationContext, tree: Tree, action: FileAction): boolean {
  const now = lookAt(() => tree.address(action.path));
  if (now === undefined) return false;
  const { was } = action;
  if (was !== undefined) {
    const is = wasOf(now);
    return is.size === was.size && is.mtimeMs === was.mtimeMs && is.mode === was.mode && is.uid === was.uid && is.gid === was.gid;
  }
  // the plan of an earlier agent: where it was never replaced it is the very inode that has its second name in the staging area
  if (!staging.isThere(action.base)) return false;
  const kept = lookAt(() => staging.oldAddress(action.base, action.index));
  return kept !== undefined && isSameFile(kept, now);
}

function isSameFile(one: Stats, other: Stats | undefined): boolean {
  return one.ino === other?.ino && one.dev === other.dev;
}

/** Whether there is an original to compare with: the very file that is in place tells nothing of how it was. */
function isKept({ staging }: OperationContext, tree: Tree, { path, base, index }: FileAction): boolean {
  const kept = staging.isThere(base) ? lookAt(() => staging.oldAddress(base, index)) : undefined;
  return (
    kept !== undefined &&
    !isSameFile(
      kept,
      lookAt(() => tree.address(path)),
    )
  );
}

/** Undefined where nothing is there, or the way to it is gone or leads elsewhere now. */
function lookAt(address: () => string): Stats | undefined {
  try {
    return lstatSync(address(), { throwIfNoEntry: false });
  } catch (error) {
    if (error instanceof UvsError && (error.reason === 'NOT_FOUND' || error.reason === 'PATH_FORBIDDEN')) return undefined;
    throw error;
  }
}

function signedOriginal({ index, base, path }: FileAction, entry: FileEntry | undefined): Original[] {
  if (entry?.op !== 'put' || entry.type === 'directory') return [];
  const { mode, uid, gid, xattrs } = entry;
  const common = { index, base, path, mode, uid, gid, xattrs: { ...xattrs } };
  if (entry.type === 'symlink') return [{ type: 'symlink', ...common, link: entry.link }];
  const { size, sha256 } = entry;
  // of which files it was a hard link is not known any more
  return [{ type: 'file', ...common, size, sha256, linkGroup: 0, isOwn: false }];
}

/** What undoes it: what has to be there then is what was there before. */
function inverse(action: Action): Action {
  const { path } = action;
  switch (action.kind) {
    case 'make-directory': {
      const { mode, uid, gid } = action;
      return { kind: 'remove-directory', path, before: { mode, uid, gid } };
    }
    case 'set-directory': {
      const { mode, uid, gid, before } = action;
      return { kind: 'set-directory', path, ...before, before: { mode, uid, gid } };
    }
    case 'remove-directory':
      return { kind: 'make-directory', path, ...action.before };
    case 'put': {
      const { index, base, hasOriginal } = action;
      return hasOriginal ? { kind: 'put', index, path, base, hasOriginal } : { kind: 'remove-file', index, path, base };
    }
    case 'remove-file': {
      const { index, base } = action;
      return { kind: 'put', index, path, base, hasOriginal: false };
    }
    default:
      return action satisfies never;
  }
}
