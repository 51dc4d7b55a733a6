import { UvsError } from '../../common/errors.ts';
import { demandChangeable } from '../files/inode-flags.ts';
import { Tree } from '../files/tree.ts';
import { readInstalled } from '../installed.ts';
import { stateOf, type OperationContext } from '../operation-context.ts';
import { backOf, judgeBack, policyOf } from '../retained/back.ts';
import { demandSpaceForCopies, stageOriginals } from '../retained/stage-originals.ts';
import { surveyBack, type SurveyBack } from '../retained/survey-back.ts';
import { verifyOriginals } from '../retained/verify-originals.ts';
import { makeOperationDirectory } from '../state-directory.ts';
import { forbiddenPathsOf } from './look.ts';
import { proveCopies } from './prove-copies.ts';

/** Of the paths that were changed, in a message. */
const NAMED = 5;

/**
 * Stages the way back: judges whether it is open, reads what is retained from the device, looks at every path that the release touched, and
 * gives each original that is to come back a second name in the staging area, or a copy where a file can have none. Nothing outside of it is changed.
 * @throws UvsError NO_WAY_BACK, CONFLICT where paths were changed here since; those of signatures
 */
export async function stageRollback(context: OperationContext): Promise<void> {
  const back = await backOf(context);
  const { entry, record } = back;
  context.say(`Looking for the way from ${entry.version} back to ${entry.toVersion}`);
  await judgeBack(context, back);
  if (stateOf(context).accepted === undefined) {
    await context.journal.append({
      kind: 'accepted',
      operation: context.operation,
      manifestHash: entry.manifestHash,
      version: entry.toVersion,
      fromVersion: entry.version,
      headHash: entry.recordHash,
    });
  }
  await makeOperationDirectory(context.state, context.operation);
  context.say(`Reading ${record.originals.length} retained originals`);
  await verifyOriginals(context, back);
  using tree = new Tree(context.setup.root);
  const { plan, changed } = await surveyWayBack(context, tree);
  refuseChanged(changed, entry.version);
  demandSpaceForCopies(context, back, tree, plan);
  const bases = [...new Set(['', ...plan.actions.flatMap((action) => ('base' in action ? [action.base] : []))])];
  // the areas are named before they are made, so that recovery knows what to clear
  await context.journal.append({ kind: 'marked', operation: context.operation, segments: 0, bases });
  const copies = await stageOriginals(context, back, tree, plan);
  await context.staging.sync(bases);
  await proveCopies(context, copies);
  context.ports.failpoints.pass('everything-staged');
}

/** Looks at what is there now, and says what takes the release back. @throws UvsError PATH_FORBIDDEN */
export async function surveyWayBack(context: OperationContext, tree: Tree): Promise<SurveyBack> {
  const back = await backOf(context);
  const forbidden = forbiddenPathsOf(context, await readInstalled(context.state));
  for (const { path, kind } of back.record.actions)
    forbidden.check(path, { op: 'put', type: kind.endsWith('directory') ? 'directory' : 'file' });
  const surveyed = await surveyBack(tree, {
    ...back,
    policyOf: (path) => policyOf(back, path),
    hasNoHardLinks: (path) => forbidden.hasNoHardLinks(path),
  });
  await demandChangeable(context.setup.root, tree, surveyed.plan);
  return surveyed;
}

/** @throws UvsError CONFLICT */
export function refuseChanged(changed: readonly string[], version: string): void {
  if (changed.length === 0) return;
  const more = changed.length > NAMED ? ` and ${changed.length - NAMED} more` : '';
  throw new UvsError('CONFLICT', `changed on this node since ${version} was installed: ${changed.slice(0, NAMED).join(', ')}${more}`, {
    hint: 'Put them back as the release brought them, or push a release that is newer; nothing was changed.',
  });
}
