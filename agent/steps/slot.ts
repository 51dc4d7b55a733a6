import { UvsError } from '../../common/errors.ts';
import { verifyManifestSignatures } from '../../common/upd/open.ts';
import { checkInstallable } from '../../common/upd/requirements.ts';
import { currentRoot, readInstalled } from '../installed.ts';
import { manifestOf, stateOf, type OperationContext } from '../operation-context.ts';
import { SlotGuard } from '../slot-guard.ts';

/** Waits for the node's slot and asks to begin. Ends with a fresh yes, or at once where the operator takes the place of a coordinator. */
export async function takeSlot(context: OperationContext, signal: AbortSignal): Promise<void> {
  if (stateOf(context).action === undefined) judgeAgain(context, await currentNode(context));
  const keeper = context.request?.slots;
  if (keeper === undefined) return;
  let token = stateOf(context).token;
  if (token === undefined) {
    context.say('Waiting for the slot');
    token = await keeper.awaitGrant(context.operation, signal);
    // before the question: whatever becomes of the answer, the node knows which slot it may hold
    await context.journal.append({ kind: 'granted', operation: context.operation, token });
    context.ports.failpoints.pass('grant-recorded');
  }
  const { clock } = context.ports;
  context.guard = new SlotGuard({ keeper, operation: context.operation, token, clock, patience: context.limits.slots, isDisturbed: false });
  context.say('Asking to begin');
  await context.guard.begin(signal);
}

type Node = Awaited<ReturnType<typeof currentNode>>;

async function currentNode(context: OperationContext) {
  const installed = await readInstalled(context.state);
  const root = await currentRoot(context.state, installed, context.setup.trustedRoot);
  return { root, node: { ...(await context.ports.facts()), installed: installed.components } };
}

/** Staging may be long ago: keys may have been revoked and another release may have been installed since. */
function judgeAgain(context: OperationContext, { root, node }: Node): void {
  const manifest = manifestOf(context);
  const { head } = context;
  const manifestHash = stateOf(context).accepted?.manifestHash;
  if (head === undefined || manifestHash === undefined) throw new UvsError('INTERNAL', 'no package was accepted');
  const newest = root.root.version > head.root.root.version ? root : head.root;
  verifyManifestSignatures(head.manifestBytes, head.signatures, newest, manifest.product);
  checkInstallable({ manifest, manifestHash }, node);
}
