import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { acceptCommands } from '../../common/acceptance.ts';
import { UvsError } from '../../common/errors.ts';
import { commit, keepOriginals } from '../files/commit.ts';
import { goBack } from '../files/go-back.ts';
import { hashOf } from '../files/entry-content.ts';
import { planSchema, type Plan } from '../files/plan.ts';
import { basesOf, describeMount, isMounted, otherMount, withBase, type OtherMount } from '../files/same-mounts.ts';
import { writeFileDurably } from '../files/sync.ts';
import { Tree } from '../files/tree.ts';
import { demandUnrevoked, manifestOf, mayDisturb, stateOf, type OperationContext } from '../operation-context.ts';
import { readMarks } from '../order-marks.ts';
import { backOf } from '../retained/back.ts';
import { countPaths } from './count-paths.ts';
import { prepareHandover } from './hand-over.ts';
import { lookAtNode } from './look.ts';
import { proveCopies, type Copy } from './prove-copies.ts';
import { hashOfText, readRecorded } from './recorded-file.ts';
import { refuseChanged, surveyWayBack } from './rollback.ts';

interface Surveyed {
  readonly plan: Plan;
  readonly remarks: readonly string[];
}

/**
 * Decides path by path what the commit does, writes that down, and gives every original a second name. Nothing is changed yet: this is
 * the last that happens before the record `committing`.
 */
export async function prepareCommit(context: OperationContext): Promise<void> {
  const { failpoints } = context.ports;
  // the end is written there; all that can be found out before anything is changed is
  await readMarks(context.state);
  using tree = new Tree(context.setup.root);
  const { plan: surveyed, remarks } =
    stateOf(context).action === undefined ? await lookAtNode(context, tree, manifestOf(context)) : await surveyRollback(context, tree);
  const plan = { ...surveyed, actions: surveyed.actions.map((action) => withBase(tree, action)) };
  for (const remark of remarks) context.tell(remark);
  const { bases } = stateOf(context);
  for (const action of plan.actions) {
    if (action.kind === 'put' && !bases.includes(action.base))
      throw new UvsError('CONFLICT', `${action.path} is on another mount than when it was staged`);
  }
  const touched = basesOf(plan.actions);
  // also where nothing is staged and only directories change: all that is touched is synced
  await context.journal.append({
    kind: 'marked',
    operation: context.operation,
    segments: stateOf(context).markedSegments,
    bases: [...new Set([...bases, ...touched])],
  });
  const text = JSON.stringify(plan);
  await writeFileDurably(planPath(context), text);
  await context.journal.append({ kind: 'planned', operation: context.operation, planHash: hashOfText(text) });
  failpoints.pass('plan-written');
  // also where nothing is staged or kept: recovery knows the mount again by it
  for (const base of touched) context.staging.make(base);
  context.say(`Keeping the originals of ${countPaths(plan.actions.length)}`);
  await keepOriginals(tree, plan, context.staging, failpoints);
  await context.staging.sync(stateOf(context).bases);
  await proveCopies(context, await copiedOriginals(context, tree, plan));
  failpoints.pass('originals-linked');
  if (stateOf(context).action === undefined) await prepareHandover(context, plan);
}

/** Where files have no second names going back depends on copies. */
async function copiedOriginals({ staging }: OperationContext, tree: Tree, { actions }: Plan): Promise<readonly Copy[]> {
  const copies: Copy[] = [];
  for (const action of actions) {
    if (!('isCopied' in action)) continue;
    const { base, index, path } = action;
    copies.push({ address: () => staging.oldAddress(base, index), name: `the copy of ${path}`, sha256: await hashOf(tree, path) });
  }
  return copies;
}

/** It was staged when nothing was changed: by now something may be. @throws UvsError CONFLICT */
async function surveyRollback(context: OperationContext, tree: Tree): Promise<Surveyed> {
  const found = await surveyWayBack(context, tree);
  refuseChanged(found, (await backOf(context)).entry.version);
  return found;
}

/** Renames the release into place and makes that durable. */
export async function commitFiles(context: OperationContext, signal: AbortSignal): Promise<void> {
  const plan = await loadPlan(context);
  await mayDisturb(context, signal);
  context.say(`Committing ${countPaths(plan.actions.length)}`);
  {
    using tree = new Tree(context.setup.root);
    await commit(tree, plan, context.staging, context.ports.failpoints);
    pinProven(context, tree, plan);
  }
  await context.staging.sync(stateOf(context).bases);
  context.ports.failpoints.pass('committed-and-synced');
  // going back now stops nothing that is not stopped already
  demandUnrevoked(context);
}

/** The renames were the last that is to happen to what was read back. */
function pinProven({ proven }: OperationContext, tree: Tree, { actions }: Plan): void {
  for (const action of actions) {
    if (action.kind !== 'put') continue;
    const stat = lstatSync(tree.address(action.path), { bigint: true, throwIfNoEntry: false });
    if (stat !== undefined) proven.pin(stat);
  }
}

/**
 * Looks whether every mount that an interrupted commit changed anything on is there as it was, with the operation's staging area on it: without it
 * nothing could go back there, and it would look as if it had. @throws UvsError NOT_FOUND
 */
export async function demandMounts(context: OperationContext): Promise<void> {
  const { operation, setup, staging } = context;
  const { actions } = await loadPlan(context);
  using tree = new Tree(setup.root);
  const other = otherMountOf(context, tree, actions);
  if (other?.kind === 'away') throw mountError(context, other, actions);
  for (const base of basesOf(actions)) {
    if (staging.isThere(base)) continue;
    throw new UvsError('NOT_FOUND', `the staging area ${staging.path(base)} of the interrupted ${operation} is missing`, {
      hint: `Mount its file system and start the agent again. If it is lost for good: ${acceptCommands(operation, setup.root)}`,
    });
  }
  if (other !== undefined) throw mountError(context, other, actions);
}

/** Finds a mount that is not as it was; those of an earlier agent's directories the journal alone has. */
export function otherMountOf(context: OperationContext, tree: Tree, actions: Plan['actions']): OtherMount | undefined {
  const isWhole = actions.every(({ base }) => base !== undefined);
  const away = [...(isWhole ? basesOf(actions) : stateOf(context).bases)].find((base) => !isMounted(tree, base));
  return away === undefined ? otherMount(tree, actions) : { kind: 'away', at: away };
}

/** Tells of it; of one that is over what the commit has changed, by the particular `mountedOver`. */
export function mountError({ operation, setup }: OperationContext, other: OtherMount, actions: Plan['actions']): UvsError {
  const { kind, at } = other;
  const sentence = `${describeMount(other)} when ${operation} changed files there`;
  if (kind === 'away') {
    return new UvsError('NOT_FOUND', sentence, {
      hint: `Mount everything as it was and start the agent again. If a file system is lost for good: ${acceptCommands(operation, setup.root)}`,
    });
  }
  const isMade = actions.some((action) => action.kind === 'make-directory' && action.path === at);
  const own = `${operation} made that directory, so most likely a task or a unit of its own has mounted it since`;
  return new UvsError('NOT_FOUND', isMade ? `${sentence}; ${own}` : sentence, {
    hint: `Unmount it (umount /${at}; where a unit mounts it, systemctl stop "$(systemd-escape -p --suffix=mount /${at})") and start the agent again; mount it again once the operation is over.`,
    details: { mountedOver: at },
  });
}

/** Puts every original back and makes that durable; may be run again. */
export async function restoreFiles(context: OperationContext): Promise<void> {
  const plan = await loadPlan(context);
  context.say(`Restoring ${countPaths(plan.actions.length)}`);
  await demandMounts(context);
  try {
    using tree = new Tree(context.setup.root);
    for (const remark of await goBack(tree, plan, context.staging, context.ports.failpoints)) context.tell(remark);
  } finally {
    await context.staging.sync(stateOf(context).bases);
  }
}

/** @throws UvsError JOURNAL_CORRUPT */
export async function loadPlan(context: OperationContext): Promise<Plan> {
  return v.parse(planSchema, JSON.parse(await readRecorded(planPath(context), stateOf(context).planHash)));
}

function planPath(context: OperationContext): string {
  return join(context.state.operationPath(context.operation), 'plan.json');
}
