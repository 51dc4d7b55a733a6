import type { Outcome } from '../common/outcome.ts';
import { toUvsError, UvsError } from '../common/errors.ts';
import {
  includesInstalled,
  parseInstalled,
  prepareInstalled,
  readInstalled,
  rememberRelease,
  sweepReleases,
  withoutRelease,
  withRelease,
  writeInstalled,
} from './installed.ts';
import { noteMixture, parseMixture, putByMixtures, type Mixture } from './accepted/mixture.ts';
import { markSettled, noteTakenBack, readMarks } from './order-marks.ts';
import { manifestOf, stateOf, type OperationContext } from './operation-context.ts';
import { backOf } from './retained/back.ts';
import { replayOperations } from './operation-state.ts';
import { withLedRoot } from './remembered-root.ts';
import type { Ended } from './ports.ts';
import { describeWayBack } from './retained/describe.ts';
import { readIndex } from './retained/index-file.ts';
import { removeRecord } from './retained/record.ts';
import { forgetStale, lostWayBack, retain } from './retained/retain.ts';
import { removeOperationFiles } from './state-directory.ts';
import { loadPlan } from './steps/commit.ts';
import { endHandover } from './steps/hand-over.ts';

/**
 * Records how an operation ended: from here on the agent never acts on it again.
 * @param mixture where an operator accepted files that are of no one release
 */
export async function recordEnd(
  context: OperationContext,
  outcome: Exclude<Outcome, 'installed'>,
  message: string,
  mixture?: Mixture,
): Promise<void> {
  const { operation, journal, ports } = context;
  await journal.append({ kind: 'ended', operation, outcome, message: shortened(message), ...(mixture === undefined ? {} : { mixture }) });
  if (outcome === 'rolled-back' || outcome === 'never-acted') ports.failpoints.pass('rolled-back-recorded');
}

/**
 * Stores all that the record of a release's end refers to: what takes room on the disk is done before that record, and may be done again.
 * @throws UvsError NO_SPACE, JOURNAL_CORRUPT
 */
export async function prepareInstalledEnd(context: OperationContext): Promise<void> {
  const { state, ports } = context;
  const { head, manifestHash } = acceptedOf(context);
  const before = await prepareInstalled(state);
  await rememberRelease(state, manifestHash, head);
  ports.failpoints.pass('release-remembered');
  const after = withRelease(before, manifestOf(context), manifestHash, head.root);
  await describeWayBack(context, { manifestHash, plan: await loadPlan(context), before, after });
  ports.failpoints.pass('way-back-described');
}

/** Records that a release is there: it counts as installed by this record alone. @param outcome `failed` where an operator had to bring it to its end */
export async function recordInstalled(context: OperationContext, outcome: 'installed' | 'failed', message: string): Promise<void> {
  const { operation, journal, state, ports } = context;
  const { head, manifestHash } = acceptedOf(context);
  const installed = withRelease(await readInstalled(state), manifestOf(context), manifestHash, head.root);
  await journal.append({ kind: 'ended', operation, outcome, message: shortened(message), installed });
  ports.failpoints.pass('done-recorded');
}

function acceptedOf(context: OperationContext): { readonly head: NonNullable<OperationContext['head']>; readonly manifestHash: string } {
  const { head } = context;
  const manifestHash = stateOf(context).accepted?.manifestHash;
  if (head === undefined || manifestHash === undefined) throw new UvsError('INTERNAL', 'no package was accepted');
  return { head, manifestHash };
}

/** Records that a release was taken back: from here on the one before it is what is installed. @param outcome as above */
export async function recordTakenBack(context: OperationContext, outcome: 'done' | 'failed', message?: string): Promise<void> {
  const { operation, journal, state, ports } = context;
  const { entry, record } = await backOf(context);
  const installed = withoutRelease(await readInstalled(state), record);
  const told = message ?? `${entry.version} was taken back: ${entry.toVersion} is installed`;
  await journal.append({ kind: 'ended', operation, outcome, message: shortened(told), installed });
  ports.failpoints.pass('done-recorded');
}

/** As much as is told of an end. */
function shortened(message: string): string {
  return message.slice(0, 4000);
}

/**
 * Does what follows from the record `ended`, and may do it again: what is remembered as installed, and the staging area. Where an operator
 * is needed everything is kept, the originals above all.
 */
export async function settleEnd(context: OperationContext): Promise<Ended> {
  const { operation, state } = context;
  const { ended, token, needsSlot, noSlotReason, bases } = stateOf(context);
  if (ended === undefined) throw new UvsError('INTERNAL', `operation ${operation} has not ended`);
  if (ended.installed !== undefined) await settleInstalled(context, ended.installed);
  else await removeRecord(state, operation);
  if (ended.mixture !== undefined) await noteMixture(state, parseMixture(ended.mixture));
  await endHandover(context);
  if (ended.outcome !== 'needs-operator') {
    await removeStaging(context, bases);
    await removeOperationFiles(state, operation);
    context.ports.failpoints.pass('staging-removed');
  }
  const { outcome } = ended;
  const message = outcome === 'installed' ? await withLostWayBack(context, ended.message) : ended.message;
  const outputTail = await context.outputTail();
  return { operation, token, isLocal: !needsSlot, ...reasonOf(noSlotReason), outcome, message, outputTail };
}

/** What went wrong after the record of the end would else be in the output alone, which nobody reads where all went well. */
async function withLostWayBack(context: OperationContext, message: string): Promise<string> {
  const why = await lostWayBack(context);
  return why === undefined ? message : shortened(`${message}; the node can't go back: ${why}`);
}

/** Lets the end of an operation have its effect on what is remembered as installed, once: an end may be settled again long after. */
async function settleInstalled(context: OperationContext, value: unknown): Promise<void> {
  const { operation, state, journal, ports } = context;
  if ((await readMarks(state)).settled.includes(operation)) return;
  const recorded = parseInstalled(value, 'the record of what is installed');
  const { action } = stateOf(context);
  const before = await readInstalled(state);
  const isTakenBack = action?.kind === 'rollback';
  const goneBackFrom = isTakenBack ? before.components.filter(({ manifestHash }) => manifestHash === action.release) : [];
  // an agent of before there were marks may have settled it: what was installed since then stays
  const isDue = isTakenBack ? goneBackFrom.length > 0 : !includesInstalled(before, recorded);
  if (goneBackFrom.length > 0) await noteTakenBack(state, goneBackFrom, recorded);
  if (isDue) await writeInstalled(state, await withLedRoot(context, before, recorded));
  ports.failpoints.pass('installed-written');
  if (isTakenBack) await forgetStale(context, `${action.version} was taken back, and of what was before that nothing is kept`);
  else await retain(context);
  const needed = (await readIndex(state)).retained.flatMap(({ needs }) => needs);
  const now = await readInstalled(state);
  await sweepReleases(state, now, [...needed, ...(await putByMixtures(state, now))]);
  const journalled = new Set(replayOperations(journal.records).keys());
  await markSettled(state, operation, { now: await readInstalled(state), journalled });
  ports.failpoints.pass('end-settled');
}

/** A file system that can't be written any more keeps its area; it must not keep the node from telling its end, nor the agent from starting. */
async function removeStaging(context: OperationContext, bases: readonly string[]): Promise<void> {
  const open = replayOperations(context.journal.records);
  try {
    await context.staging.remove(bases, (name) => open.has(name));
  } catch (error) {
    context.tell(`WARNING: the staging area could not be removed: ${toUvsError(error).message}; a later operation there tries again`);
  }
}

/** As a record or a report carries it: absent where nobody gave one. */
export function reasonOf(noSlotReason: string | undefined): { readonly noSlotReason?: string } {
  return noSlotReason === undefined ? {} : { noSlotReason };
}
