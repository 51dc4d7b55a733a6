import { UvsError } from '../../common/errors.ts';
import type { TrustedRoot } from '../../common/upd/root.ts';
import { currentRoot, type Installed } from '../installed.ts';
import type { OperationContext } from '../operation-context.ts';

/** The root file that judges a package at this moment: the newest that was brought to the node, or that came with an installed release. */
export async function newestRoot(context: OperationContext, installed: Installed): Promise<TrustedRoot> {
  const { trustedRoot } = context.setup;
  if (trustedRoot === undefined) throw new UvsError('INTERNAL', 'a package is judged where only recovery was asked for');
  return await currentRoot(context.state, installed, await trustedRoot());
}
