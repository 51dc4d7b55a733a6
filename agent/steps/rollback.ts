import { UvsError } from '../../common/errors.ts';
import type { ForbiddenPaths } from '../files/forbidden.ts';
import { demandChangeable, type Touched } from '../files/inode-flags.ts';
import type { Plan } from '../files/plan.ts';
import { basesOf, describeMount, otherMount } from '../files/same-mounts.ts';
import { Tree } from '../files/tree.ts';
import { demandWithinReach } from '../files/within-reach.ts';
import { readInstalled } from '../installed.ts';
import { stateOf, type OperationContext } from '../operation-context.ts';
import { areaParts } from '../retained/areas.ts';
import { backOf, judgeBack, policyOf, type Back } from '../retained/back.ts';
import { demandDispensable, leaveOwned } from '../retained/dispensable.ts';
import { broughtSince } from '../retained/others-since.ts';
import { demandSpaceForCopies, stageOriginals } from '../retained/stage-originals.ts';
import { surveyBack, type SurveyBack } from '../retained/survey-back.ts';
import { verifyOriginals } from '../retained/verify-originals.ts';
import { makeOperationDirectory } from '../state-directory.ts';
import { forbiddenPathsOf } from './look.ts';
import { proveCopies } from './prove-copies.ts';
import { demandStops } from './stoppable.ts';

/** Of the paths that were changed, in a message. */
const NAMED = 5;

/**
 * Stages the way back: judges whether it is open, reads what is retained from the device, looks at every path that the release touched, and
 * gives each original that is to come back a second name in the staging area, or a copy where a file can have none. Nothing outside of it is changed.
 * @throws UvsError NO_WAY_BACK, CONFLICT where paths were changed here since; those of signatures
 */
export async function stageRollback(context: OperationContext, signal: AbortSignal): Promise<void> {
  const back = await backOf(context);
  const { entry, record } = back;
  context.say(`Looking for the way from ${entry.version} back to ${entry.toVersion}`);
  await judgeBack(context, back);
  await demandStops(context, back.services, signal);
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
  const surveyed = await surveyWayBack(context, tree);
  refuseChanged(surveyed, entry.version);
  const { plan } = surveyed;
  demandSpaceForCopies(context, back, tree, plan);
  const bases = [...new Set(['', ...basesOf(plan.actions)])];
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
  const installed = await readInstalled(context.state);
  const forbidden = forbiddenPathsOf(context, installed);
  const since = await broughtSince(context.state, installed, back.entry.manifestHash);
  demandAllowed(back.record.actions, forbidden);
  demandSameMounts(tree, back);
  const surveyed = await surveyBack(tree, {
    ...back,
    policyOf: (path) => policyOf(back, path),
    hasNoHardLinks: (path) => forbidden.hasNoHardLinks(path),
    rank: (path, isSymlink) => forbidden.rank(path, isSymlink),
    since: (path) => forbidden.mounts.aliases(path).flatMap((alias) => since(alias) ?? [])[0],
  });
  const { plan, remarks } = await leaveOwned(context, surveyed.plan, back, forbidden);
  demandAllowed(plan.actions, forbidden);
  demandDispensable(tree, plan, back, forbidden);
  await demandChangeable(context.setup.root, tree, plan, retainedParts(back));
  await demandWithinReach(tree, plan);
  return { ...surveyed, plan, remarks: [...surveyed.remarks, ...remarks] };
}

function demandAllowed(actions: Plan['actions'], forbidden: ForbiddenPaths): void {
  for (const { path, kind } of actions) forbidden.check(path, { op: 'put', type: kind.endsWith('directory') ? 'directory' : 'file' });
}

/** What is away, or behind another mount, can't be told from what was removed here since. @throws UvsError NO_WAY_BACK */
function demandSameMounts(tree: Tree, { entry, record }: Back): void {
  const other = otherMount(tree, record.actions);
  if (other === undefined) return;
  throw new UvsError('NO_WAY_BACK', `${entry.version} can't be taken back: ${describeMount(other)} when the release came`, {
    hint: 'Mount everything as it was and try again, or push a release that is newer than what is installed.',
  });
}

/** What is freed once the release is taken back. */
function retainedParts({ entry, record }: Back): Touched {
  const parts = entry.bases.map((base) => {
    const indexes = record.originals.flatMap((original) => (original.base === base ? [original.index] : []));
    return areaParts(base, entry.operation, indexes);
  });
  return { files: parts.flatMap(({ files }) => [...files]), directories: parts.flatMap(({ directories }) => [...directories]) };
}

/** Refuses to take back what is not as the release has left it, or is another release's by now. @throws UvsError CONFLICT */
export function refuseChanged({ changed, others }: Pick<SurveyBack, 'changed' | 'others'>, version: string): void {
  if (others.length > 0) {
    const later = [...new Set(others.map((other) => other.version))].join(' and ');
    const paths = named(others.map(({ path }) => path));
    throw new UvsError('CONFLICT', `${later}, installed here since ${version}, has its own of what ${version} changed: ${paths}`, {
      hint: `Take ${later} back first, or push a release that is newer than ${version}; nothing was changed.`,
    });
  }
  if (changed.length === 0) return;
  throw new UvsError('CONFLICT', `changed on this node since ${version} was installed: ${named(changed)}`, {
    hint: 'Put them back as the release brought them (`upd cat` writes one file of its package), or push a release that is newer; nothing was changed.',
  });
}

function named(paths: readonly string[]): string {
  return `${paths.slice(0, NAMED).join(', ')}${paths.length > NAMED ? ` and ${paths.length - NAMED} more` : ''}`;
}
