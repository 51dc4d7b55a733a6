import { toUvsError, UvsError } from '../common/errors.ts';
import type { TrustedRoot } from '../common/upd/root.ts';
import { currentRoot, type Installed } from './installed.ts';
import { stateOf, type OperationContext } from './operation-context.ts';
import { loadHead } from './steps/head.ts';
import { followCarried } from './steps/newest-root.ts';

/**
 * Returns what is recorded of a release, without the root file that came with it where what the node trusts now does not lead to that: what has begun is
 * finished, whatever an operator has the node trust meanwhile, but must not overrule it. Judged when it counts and not when it is recorded: between
 * the two an agent may be dead for long.
 */
export async function withLedRoot(context: OperationContext, before: Installed, recorded: Installed): Promise<Installed> {
  const { root, ...others } = recorded;
  if (root === undefined || root.sha256 === before.root?.sha256 || (await isLedTo(context, before))) return recorded;
  return before.root === undefined ? others : { ...others, root: before.root };
}

async function isLedTo(context: OperationContext, before: Installed): Promise<boolean> {
  try {
    const known = await knownRoot(context, before);
    if (known === undefined) return true;
    const { accepted } = stateOf(context);
    if (context.head === undefined && accepted !== undefined) await loadHead(context, accepted.headHash);
    const { head } = context;
    return head !== undefined && followCarried(known, head).sha256 === head.root.sha256;
  } catch (error) {
    context.tell(`WARNING: the root file that came with the release is not kept: ${toUvsError(error).message}`);
    return false;
  }
}

/** Undefined: nothing is trusted yet, of a node that has not joined and is recovered. */
async function knownRoot({ setup, state }: OperationContext, installed: Installed): Promise<TrustedRoot | undefined> {
  try {
    return await currentRoot(state, installed, await setup.trustedRoot());
  } catch (error) {
    if (!(error instanceof UvsError) || error.reason !== 'NOT_FOUND') throw error;
    return undefined;
  }
}
