import { lstatSync } from 'node:fs';
import { UvsError } from '../../common/errors.ts';
import type { ForbiddenPaths } from '../files/forbidden.ts';
import type { Plan } from '../files/plan.ts';
import type { Tree } from '../files/tree.ts';
import type { OperationContext } from '../operation-context.ts';
import type { Back } from './back.ts';

/**
 * Refuses to replace or remove with a release what the node runs on by now, or would boot by: its kernel, say, once it was booted.
 * @throws UvsError PATH_FORBIDDEN
 */
export function demandDispensable(tree: Tree, { actions }: Plan, { entry, record }: Back, forbidden: ForbiddenPaths): void {
  const originals = new Map(record.originals.map((original) => [original.index, original]));
  const linkOf = (index: number): string | undefined => {
    const original = originals.get(index);
    return original?.type === 'symlink' ? original.link : undefined;
  };
  // all that is put is put before anything is removed
  const moved = new Map(
    actions.flatMap((action) =>
      action.kind === 'put' || action.kind === 'remove-file' ? [[action.path, linkOf(action.index)] as const] : [],
    ),
  );
  for (const action of actions) {
    if (action.kind !== 'remove-file' && !(action.kind === 'put' && action.hasOriginal)) continue;
    const { path, index } = action;
    const isPointer = linkOf(index) !== undefined && lstatSync(tree.address(path), { throwIfNoEntry: false })?.isSymbolicLink() === true;
    const why =
      action.kind === 'remove-file' ? forbidden.goingAgain(path, moved) : forbidden.inPlace(path, { isPointer, isOurs: true, moved });
    if (why === undefined) continue;
    throw new UvsError('PATH_FORBIDDEN', `${entry.version} can't be taken back: ${path} would go with it, and ${why}`, {
      hint: 'Of a kernel: have the pointer lead to the one of before, reboot the node, and try again. Or push a release that is newer.',
    });
  }
}

/**
 * Refuses to change what a package of the distribution has come to own since. Directories that would go are left to it.
 * @returns the plan without those, and a remark for each
 * @throws UvsError PATH_FORBIDDEN
 */
export async function leaveOwned(
  context: OperationContext,
  plan: Plan,
  { entry }: Back,
  forbidden: ForbiddenPaths,
): Promise<{ readonly plan: Plan; readonly remarks: readonly string[] }> {
  const names = (path: string): readonly string[] => forbidden.mounts.aliases(path);
  const owners = await context.packageOwners.of(plan.actions.flatMap(({ path }) => names(path)));
  const remarks: string[] = [];
  const actions = plan.actions.filter(({ kind, path }) => {
    const owner = kind === 'make-directory' ? undefined : names(path).flatMap((alias) => owners.get(alias) ?? [])[0];
    if (owner === undefined) return true;
    if (kind !== 'remove-directory') {
      throw new UvsError('PATH_FORBIDDEN', `${entry.version} can't be taken back: ${path} belongs to the ${owner} by now`, {
        hint: 'Remove that package of the distribution first if it is not wanted, or push a release that is newer.',
      });
    }
    remarks.push(`${path} is left: it belongs to the ${owner} by now`);
    return false;
  });
  return { plan: { ...plan, actions }, remarks };
}
