import { release } from 'node:os';
import type { Manifest } from '../../common/upd/manifest.ts';
import { BESIDE_SUFFIX } from '../../common/upd/paths.ts';
import { mixedFiles } from '../accepted/mixed-files.ts';
import { ForbiddenPaths } from '../files/forbidden.ts';
import { demandChangeable } from '../files/inode-flags.ts';
import { survey, type Remembered, type Survey } from '../files/survey.ts';
import type { Tree } from '../files/tree.ts';
import { demandWithinReach } from '../files/within-reach.ts';
import { readInstalled, rememberedFiles, type Installed } from '../installed.ts';
import type { OperationContext } from '../operation-context.ts';

/**
 * Looks at everything on the node that a commit of the manifest could trip over, and says what the commit would do; changes nothing. Done before
 * anything is staged, so that what is refused is refused there, and once more right before the commit.
 * @throws UvsError PATH_FORBIDDEN, PROGRAM_MISSING
 */
export async function lookAtNode(
  context: OperationContext,
  tree: Tree,
  manifest: Manifest,
): Promise<Survey & { readonly remembered: Remembered; readonly forbidden: ForbiddenPaths }> {
  const { root } = context.setup;
  const installed = await readInstalled(context.state);
  const remembered = await rememberedFiles(context.state, installed);
  const mixed = await mixedFiles(context.state, installed, Object.keys(manifest.components));
  const forbidden = forbiddenPathsOf(context, installed);
  const names = (path: string): readonly string[] => forbidden.mounts.aliases(path);
  const owners = await context.packageOwners.of(manifest.files.flatMap((entry) => [entry.path, ...besideOf(entry)].flatMap(names)));
  const ownerOf = (path: string): string | undefined => names(path).flatMap((alias) => owners.get(alias) ?? [])[0];
  const surveyed = await survey(tree, manifest, forbidden, { remembered, mixed }, ownerOf);
  await demandChangeable(root, tree, surveyed.plan);
  await demandWithinReach(tree, surveyed.plan);
  return { ...surveyed, remembered, forbidden };
}

/** What nothing may touch on this node as it is now. */
export function forbiddenPathsOf({ setup: { root }, state }: OperationContext, installed: Installed): ForbiddenPaths {
  // in a sandbox no kernel runs but the one that a release said it brings, as agent/facts.ts has it
  const kernel = root === '/' ? release() : (installed.versions['kernel'] ?? '');
  return new ForbiddenPaths({ root, state: state.path, kernel });
}

function besideOf(entry: Manifest['files'][number]): readonly string[] {
  return entry.op === 'put' && entry.type === 'file' && entry.config === 'new-beside' ? [`${entry.path}${BESIDE_SUFFIX}`] : [];
}
