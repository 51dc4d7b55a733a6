import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { UvsError } from '../../common/errors.ts';
import { commit, goBack, keepOriginals } from '../files/commit.ts';
import { ForbiddenPaths } from '../files/forbidden.ts';
import { planSchema, type Plan } from '../files/plan.ts';
import { survey } from '../files/survey.ts';
import { writeFileDurably } from '../files/sync.ts';
import { Tree } from '../files/tree.ts';
import { readInstalled, rememberedFiles } from '../installed.ts';
import { demandUnrevoked, manifestOf, mayDisturb, stateOf, type OperationContext } from '../operation-context.ts';

/**
 * Decides path by path what the commit does, writes that down, and gives every original a second name. Nothing is changed yet: this is
 * the last that happens before the record `committing`.
 */
export async function prepareCommit(context: OperationContext): Promise<void> {
  const { failpoints } = context.ports;
  const manifest = manifestOf(context);
  using tree = new Tree(context.setup.root);
  const remembered = await rememberedFiles(context.state, await readInstalled(context.state));
  const { plan, remarks } = await survey(tree, manifest, new ForbiddenPaths(context.setup.root, context.state.path), remembered);
  for (const remark of remarks) context.tell(remark);
  const { bases } = stateOf(context);
  const touched = new Set(bases);
  for (const action of plan.actions) {
    const base = 'base' in action ? action.base : tree.mountBase(tree.existingParent(`${action.path}/`));
    if (action.kind === 'put' && !bases.includes(base))
      throw new UvsError('CONFLICT', `${action.path} is on another mount than when it was staged`);
    touched.add(base);
  }
  // also where nothing is staged and only directories change: all that is touched is synced
  await context.journal.append({
    kind: 'marked',
    operation: context.operation,
    segments: manifest.segments.length,
    bases: [...touched],
  });
  const text = JSON.stringify(plan);
  await writeFileDurably(planPath(context), text);
  await context.journal.append({ kind: 'planned', operation: context.operation, planHash: sha256(text) });
  failpoints.pass('plan-written');
  context.say(`Keeping the originals of ${plan.actions.length} paths`);
  await keepOriginals(tree, plan, context.staging, failpoints);
  await context.staging.sync(stateOf(context).bases);
  failpoints.pass('originals-linked');
}

/** Renames the release into place and makes that durable. */
export async function commitFiles(context: OperationContext, signal: AbortSignal): Promise<void> {
  const plan = await loadPlan(context);
  await mayDisturb(context, signal);
  context.say(`Committing ${plan.actions.length} paths`);
  {
    using tree = new Tree(context.setup.root);
    await commit(tree, plan, context.staging, context.ports.failpoints);
  }
  await context.staging.sync(stateOf(context).bases);
  context.ports.failpoints.pass('committed-and-synced');
  // going back now stops nothing that is not stopped already
  demandUnrevoked(context);
}

/**
 * Looks whether the staging areas are there in which an interrupted commit kept the originals: without their file system nothing could go back,
 * and it would look as if it had. @throws UvsError NOT_FOUND
 */
export async function demandOriginals(context: OperationContext): Promise<void> {
  const { actions } = await loadPlan(context);
  const bases = new Set(actions.flatMap((action) => ('base' in action ? [action.base] : [])));
  for (const base of bases) {
    if (context.staging.isThere(base)) continue;
    throw new UvsError('NOT_FOUND', `the staging area ${context.staging.path(base)} of the interrupted ${context.operation} is missing`, {
      hint: `Mount its file system and start the agent again. If it is lost for good: uvs-agent recover --accept ${context.operation} --reason TEXT`,
    });
  }
}

/** Puts every original back and makes that durable; may be run again. */
export async function restoreFiles(context: OperationContext): Promise<void> {
  const plan = await loadPlan(context);
  context.say(`Restoring ${plan.actions.length} paths`);
  try {
    using tree = new Tree(context.setup.root);
    for (const remark of await goBack(tree, plan, context.staging, context.ports.failpoints)) context.tell(remark);
  } finally {
    await context.staging.sync(stateOf(context).bases);
  }
}

/** @throws UvsError JOURNAL_CORRUPT */
export async function loadPlan(context: OperationContext): Promise<Plan> {
  const path = planPath(context);
  const text = await readFile(path, 'utf8');
  if (sha256(text) !== stateOf(context).planHash) throw new UvsError('JOURNAL_CORRUPT', `${path} is not what the journal says`);
  return v.parse(planSchema, JSON.parse(text));
}

function planPath(context: OperationContext): string {
  return join(context.state.operationPath(context.operation), 'plan.json');
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
