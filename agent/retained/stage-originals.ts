import { join } from 'node:path';
import { UvsError } from '../../common/errors.ts';
import { copyFileSync, linkSync, unlinkIfThereSync } from '../files/disk.ts';
import { hasNoLink, pathError } from '../files/errno.ts';
import type { Plan } from '../files/plan.ts';
import type { Tree } from '../files/tree.ts';
import type { OperationContext } from '../operation-context.ts';
import type { Copy } from '../steps/prove-copies.ts';
import { demandSpace, neededByCopies } from '../steps/space.ts';
import { openArea } from './areas.ts';
import type { Back } from './back.ts';

/** Links between two turns of the event loop. */
const YIELD_EVERY = 256;

/**
 * Gives each retained original that is to come back a second name in the staging area of its mount. What is retained stays, whatever becomes of the
 * operation. @returns the copies that were made where files can have no second name
 */
export async function stageOriginals(
  { setup, staging }: OperationContext,
  { entry, record }: Back,
  tree: Tree,
  { actions }: Plan,
): Promise<readonly Copy[]> {
  const originals = new Map(record.originals.map((original) => [original.index, original]));
  const copies: Copy[] = [];
  using areas = new DisposableStack();
  const retained = new Map(entry.bases.map((base) => [base, areas.use(openArea(setup.root, base, entry.operation))]));
  const puts = actions.filter((action) => action.kind === 'put');
  for (const [done, { base, index, path }] of puts.entries()) {
    if (done % YIELD_EVERY === YIELD_EVERY - 1) await new Promise((resolve) => setImmediate(resolve));
    if (tree.mountBase(tree.existingParent(path)) !== base) throw new UvsError('CONFLICT', `${path} is on another mount than it was`);
    const existing = retained.get(base)?.address(String(index));
    if (existing === undefined) throw new UvsError('INTERNAL', `nothing was retained on the mount of ${path}`);
    const original = originals.get(index);
    try {
      const staged = staging.newAddress(base, index);
      unlinkIfThereSync(staged);
      if (linkOrCopy(existing, staged) === 'copied' && original?.type === 'file')
        copies.push({ address: () => staging.newAddress(base, index), name: `the copy of ${path}`, sha256: original.sha256 });
    } catch (error) {
      throw pathError(error, path, 'staging the original of');
    }
  }
  return copies;
}

function linkOrCopy(existing: string, address: string): 'linked' | 'copied' {
  try {
    linkSync(existing, address);
    return 'linked';
  } catch (error) {
    if (!hasNoLink(error)) throw error;
    copyFileSync(existing, address);
    return 'copied';
  }
}

/** Where files can have no second names, what comes back and what it replaces are copied. @throws UvsError NO_SPACE */
export function demandSpaceForCopies(context: OperationContext, { record }: Back, tree: Tree, plan: Plan): void {
  const copied = new Set(record.actions.flatMap((action) => ('isCopied' in action ? [action.index] : [])));
  const sizes = new Map(record.originals.map((original) => [original.index, original.type === 'file' ? original.size : 0]));
  const staged = plan.actions.flatMap((action) =>
    action.kind === 'put' && copied.has(action.index)
      ? [{ path: join(context.setup.root, action.base), bytes: sizes.get(action.index) ?? 0 }]
      : [],
  );
  demandSpace([...staged, ...neededByCopies(context, tree, plan)]);
}
