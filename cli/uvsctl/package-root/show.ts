import type { Command } from 'commander';
import { UvsError } from '../../../common/errors.ts';
import type { PackageRoot__Output } from '../../../proto/gen/uvs/v1/PackageRoot.ts';
import { writeNewFile } from '../../new-files.ts';
import type { Context, Run } from '../context.ts';
import { showFields } from '../show.ts';

/** `uvsctl package-root show`: whose signatures on packages count. */
export function addPackageRootShow(group: Command, run: Run): void {
  group
    .command('show')
    .description('which version counts, and which nodes have not taken it yet')
    .option('--out <file>', 'write the chain of all versions, for "upd root show" and "upd root next"')
    .action(run(show));
}

async function show(context: Context, { out }: { readonly out?: string }): Promise<void> {
  const { packageRoot } = await context.api.call('uvs.v1.PackageService', 'GetPackageRoot', {}, context.limits);
  if (packageRoot === null)
    throw new UvsError('NOT_FOUND', 'the coordinator told no root file', { hint: 'It is older than this program.' });
  if (out !== undefined) await writeNewFile(out, packageRoot.rootChain, 0o644);
  showFields(context, shownRoot(packageRoot), rootFields(packageRoot));
}

/** As JSON has it: bytes as base64. */
export function shownRoot(root: PackageRoot__Output): object {
  return { ...root, rootChain: root.rootChain.toString('base64') };
}

export function rootFields({ version, sha256, nodesBehind }: PackageRoot__Output): readonly (readonly [string, string])[] {
  return [
    ['Version', String(version)],
    ['sha256', sha256],
    ['Not yet on', nodesBehind.length === 0 ? 'no node lacks it' : nodesBehind.join(', ')],
  ];
}
