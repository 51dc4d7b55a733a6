import { UvsError } from '../../common/errors.ts';
import { verifyManifestSignatures } from '../../common/upd/open.ts';
import { checkInstallable } from '../../common/upd/requirements.ts';
import { readInstalled } from '../installed.ts';
import { followCarried, newestRoot } from './newest-root.ts';
import { manifestOf, stateOf, type OperationContext } from '../operation-context.ts';
import { readMarks } from '../order-marks.ts';
import { backOf, judgeBack } from '../retained/back.ts';
import { SlotGuard } from '../slot-guard.ts';

/** Waits for the node's slot and asks to begin. Ends with a fresh yes, or at once where the operator takes the place of a coordinator. */
export async function takeSlot(context: OperationContext, signal: AbortSignal): Promise<void> {
  await judgeAgain(context);
  const keeper = context.request?.slots;
  if (keeper === undefined) return;
  let token = stateOf(context).token;
  if (token === undefined) {
    context.say('Ready to begin, waiting for its turn');
    token = await keeper.awaitGrant(context.operation, signal);
    // before the question: whatever becomes of the answer, the node knows which slot it may hold
    await context.journal.append({ kind: 'granted', operation: context.operation, token });
    context.ports.failpoints.pass('grant-recorded');
  }
  // it may have been waited for long
  await judgeAgain(context);
  const { clock } = context.ports;
  context.guard = new SlotGuard({ keeper, operation: context.operation, token, clock, patience: context.bounds.slots, isDisturbed: false });
  context.say('Asking to begin');
  await context.guard.begin(signal);
}

/** Staging may be long ago: keys may have been revoked, trust may have begun anew, and another release may have been installed since. */
async function judgeAgain(context: OperationContext): Promise<void> {
  const { action } = stateOf(context);
  if (action !== undefined) {
    if (action.kind === 'rollback') await judgeBack(context, await backOf(context));
    return;
  }
  const manifest = manifestOf(context);
  const { head } = context;
  const manifestHash = stateOf(context).accepted?.manifestHash;
  if (head === undefined || manifestHash === undefined) throw new UvsError('INTERNAL', 'no package was accepted');
  const installed = await readInstalled(context.state);
  // by the chain and not by the number: an operator may have begun anew with a lower version than that of a package of stolen root keys
  const root = followCarried(await newestRoot(context, installed), head);
  verifyManifestSignatures(head.manifestBytes, head.signatures, root, manifest);
  const { takenBack } = await readMarks(context.state);
  checkInstallable({ manifest, manifestHash }, { ...(await context.ports.facts()), installed: installed.components, takenBack });
}
