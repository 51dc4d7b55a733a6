import type { Command } from 'commander';
import { confirm } from '../confirm.ts';
import type { Context, Run } from '../context.ts';
import { showDone } from '../show.ts';
import { findPackage } from './find.ts';
import { shortDigest } from './table.ts';

/** `uvsctl packages rm`: forgets a package and its bytes. */
export function addPackagesRm(group: Command, run: Run): void {
  group
    .command('rm')
    .alias('remove')
    .description('forget a package and its bytes; refused while a rollout uses it')
    .argument('<package>', 'digest, the start of one, or a version')
    .option('--yes', 'do not ask')
    .action(run(removePackage));
}

async function removePackage(context: Context, name: string, options: { readonly yes?: true }): Promise<void> {
  const found = await findPackage(context, name);
  await confirm(
    context,
    options.yes === true,
    `Remove ${found.product} ${found.version} (${shortDigest(found.digest)}) from all coordinators?`,
  );
  await context.api.call(
    'uvs.v1.PackageService',
    'DeletePackage',
    { name: found.name, requestId: context.newRequestId() },
    context.callLimits,
  );
  showDone(context, {}, `${found.product} ${found.version} (${shortDigest(found.digest)}) is removed.`);
}
