import { changesFiles } from '../../common/node-action.ts';
import { join } from 'node:path';
import { lstatSync } from 'node:fs';
import type { Plan } from '../files/plan.ts';
import { Tree } from '../files/tree.ts';
import { readInstalled, rememberedFiles } from '../installed.ts';
import { stateOf, type OperationContext } from '../operation-context.ts';
import { loadPlan, mountError, otherMountOf } from '../steps/commit.ts';
import { loadHead } from '../steps/head.ts';
import { expectedFiles } from '../steps/read-back.ts';
import { findDifferencesFromBefore } from './before.ts';
import { findDifferences } from './differences.ts';

/** A path of a mixture, and where what would put it right lies, as far as it is kept. */
export interface MixedPath {
  readonly path: string;
  /** What of it is there: what the operation was to bring, what was before it, or neither of them. */
  readonly is: 'goal' | 'before' | 'neither';
  /** Of one that is neither: what is otherwise than in what was to come. */
  readonly what: string;
  /** What the operation did there; undefined where it did nothing by that path alone. */
  readonly act: 'replaced' | 'brought' | 'removed' | undefined;
  readonly originalAt: string | undefined;
  readonly stagedAt: string | undefined;
}

/** Which release's files an operation has left. */
export type FilesThere =
  /** It has changed none. */
  | { readonly kind: 'untouched' }
  | { readonly kind: 'goal' }
  | { readonly kind: 'before'; /** What was to come is the same. */ readonly isGoal: boolean }
  | { readonly kind: 'mixed'; readonly paths: readonly MixedPath[] }
  | { readonly kind: 'unknown'; readonly why: string };

/**
 * Compares what is on the node, by the comparison that proves a release, with what an operation was to bring and with what was there before it;
 * changes nothing but that all of it is on the disk then. Where both are the same it is as before.
 * @throws UvsError NOT_FOUND where a mount that it touched is away: what is below it tells nothing
 */
export async function compareFiles(context: OperationContext): Promise<FilesThere> {
  const { action, accepted, reached } = stateOf(context);
  if (!changesFiles(action)) return { kind: 'untouched' };
  if (accepted === undefined) return { kind: 'unknown', why: 'this agent remembers nothing of the operation' };
  if (!reached.has('committing')) return { kind: 'untouched' };
  if (action === undefined) await loadHead(context, accepted.headHash);
  const plan = await loadPlan(context);
  using tree = new Tree(context.setup.root);
  const other = otherMountOf(context, tree, plan.actions);
  if (other !== undefined) throw mountError(context, other, plan.actions);
  context.say(`Comparing the paths of ${accepted.version}, and what was there before, with what is there`);
  await context.staging.sync(stateOf(context).bases.filter((base) => context.staging.isThere(base)));
  const expected = await expectedFiles(context, plan);
  const fromGoal = await findDifferences(context, tree, expected);
  const remembered = await rememberedFiles(context.state, await readInstalled(context.state));
  // by the places of the same manifest, whichever of the two directions it was
  const fromBefore = await findDifferencesFromBefore(context, tree, { plan, files: expected.files, remembered });
  if (fromBefore.size === 0) return { kind: 'before', isGoal: fromGoal.size === 0 };
  if (fromGoal.size === 0) return { kind: 'goal' };
  const places = placesOf(context, plan);
  const paths = [...new Set([...fromGoal.keys(), ...fromBefore.keys()])].toSorted().map((path) => {
    const what = fromGoal.get(path);
    const is = what === undefined ? 'goal' : fromBefore.has(path) ? 'neither' : 'before';
    return { path, is, what: what ?? '', ...places(path) } as const;
  });
  return { kind: 'mixed', paths };
}

/** What was done to a path, where its original lies, and what was staged for it. */
function placesOf({ staging }: OperationContext, { actions }: Plan): (path: string) => Pick<MixedPath, 'act' | 'originalAt' | 'stagedAt'> {
  const found = new Map(actions.flatMap((action) => ('index' in action ? [[action.path, action] as const] : [])));
  const made = new Set(actions.flatMap(({ kind, path }) => (kind === 'make-directory' ? [path] : [])));
  const ifThere = (path: string): string | undefined => (lstatSync(path, { throwIfNoEntry: false }) === undefined ? undefined : path);
  return (path) => {
    const action = found.get(path);
    if (action === undefined) return { act: made.has(path) ? 'brought' : undefined, originalAt: undefined, stagedAt: undefined };
    const area = staging.path(action.base);
    return {
      act: action.kind === 'remove-file' ? 'removed' : action.hasOriginal ? 'replaced' : 'brought',
      originalAt: ifThere(join(area, 'old', String(action.index))),
      stagedAt: action.kind === 'put' ? ifThere(join(area, 'new', String(action.index))) : undefined,
    };
  };
}
