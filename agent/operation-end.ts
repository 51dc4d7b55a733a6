import type { Outcome } from '../common/outcome.ts';
import { UvsError } from '../common/errors.ts';
import {
  includesInstalled,
  parseInstalled,
  prepareInstalled,
  readInstalled,
  rememberRelease,
  withRelease,
  writeInstalled,
} from './installed.ts';
import { manifestOf, stateOf, type OperationContext } from './operation-context.ts';
import { readTail } from './output-store.ts';
import type { Ended } from './ports.ts';
import { removeOperationFiles } from './state-directory.ts';

/** Records how an operation ended: from here on the agent never acts on it again. A release counts as installed by this record alone. */
export async function recordEnd(context: OperationContext, outcome: Outcome, message: string): Promise<void> {
  const { operation, journal, state, ports } = context;
  const shown = message.slice(0, 4000);
  if (outcome !== 'installed') {
    await journal.append({ kind: 'ended', operation, outcome, message: shown });
    if (outcome === 'rolled-back' || outcome === 'never-acted') ports.failpoints.pass('rolled-back-recorded');
    return;
  }
  const { head } = context;
  const manifestHash = stateOf(context).accepted?.manifestHash;
  if (head === undefined || manifestHash === undefined) throw new UvsError('INTERNAL', 'no package was accepted');
  const before = await prepareInstalled(state);
  await rememberRelease(state, manifestHash, head.manifestBytes, head.root);
  ports.failpoints.pass('release-remembered');
  const installed = withRelease(before, manifestOf(context), manifestHash, head.root);
  await journal.append({ kind: 'ended', operation, outcome, message: shown, installed });
  ports.failpoints.pass('done-recorded');
}

/**
 * Does what follows from the record `ended`, and may do it again: what is remembered as installed, and the staging area. Where an operator
 * is needed everything is kept, the originals above all.
 */
export async function settleEnd(context: OperationContext): Promise<Ended> {
  const { operation, state } = context;
  const { ended, token, needsSlot, noSlotReason, bases } = stateOf(context);
  if (ended === undefined) throw new UvsError('INTERNAL', `operation ${operation} has not ended`);
  if (ended.outcome === 'installed') {
    const recorded = parseInstalled(ended.installed, 'the record of what is installed');
    // an end may be settled again long after: what was installed since then stays
    if (!includesInstalled(await readInstalled(state), recorded)) await writeInstalled(state, recorded);
    context.ports.failpoints.pass('installed-written');
  }
  if (ended.outcome !== 'needs-operator') {
    await context.staging.remove(bases);
    await removeOperationFiles(state, operation);
    context.ports.failpoints.pass('staging-removed');
  }
  const { outcome, message } = ended;
  const outputTail = await readTail(state.outputPath, operation);
  return { operation, token, isLocal: !needsSlot, ...reasonOf(noSlotReason), outcome, message, outputTail };
}

/** As a record or a report carries it: absent where nobody gave one. */
export function reasonOf(noSlotReason: string | undefined): { readonly noSlotReason?: string } {
  return noSlotReason === undefined ? {} : { noSlotReason };
}
