import { UvsError } from '../../common/errors.ts';
import { verifyRootChain, type TrustedRoot } from '../../common/upd/root.ts';
import { currentRoot, type Installed } from '../installed.ts';
import type { OperationContext } from '../operation-context.ts';

/** The root file that judges a package at this moment: the newest that was brought to the node, or that came with an installed release. */
export async function newestRoot(context: OperationContext, installed: Installed): Promise<TrustedRoot> {
  return await currentRoot(context.state, installed, await context.setup.trustedRoot());
}

/** The root files of a package that was accepted earlier. */
export interface CarriedRoot {
  /** Newest that its chain reached then. */
  readonly root: TrustedRoot;
  /** Undefined where an agent stored it that kept none. */
  readonly rootChain: Uint8Array | undefined;
}

/**
 * Follows the root files of a package that was accepted earlier from what is trusted now: an operator may have begun anew since, with a version that is
 * below what the chain reached, and is not led to by it. @throws UvsError ROOT_INVALID, SIGNATURE_INVALID
 */
export function followCarried(trusted: TrustedRoot, { root, rootChain }: CarriedRoot): TrustedRoot {
  if (rootChain !== undefined) return verifyRootChain(trusted, rootChain);
  if (root.sha256 === trusted.sha256 || root.root.version < trusted.root.version) return trusted;
  throw new UvsError(
    'ROOT_INVALID',
    `The package was staged under root file version ${root.root.version} by an agent that did not keep how it is led to, and this node trusts version ${trusted.root.version}.`,
    { hint: 'Bring the package again: it is judged anew.' },
  );
}
