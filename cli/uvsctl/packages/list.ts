import type { Command } from 'commander';
import type { Context, Run } from '../context.ts';
import { showList } from '../show.ts';
import { listAllPackages } from './find.ts';
import { packageColumns } from './table.ts';

/** `uvsctl packages list`. */
export function addPackagesList(group: Command, run: Run): void {
  group.command('list').alias('ls').description('the packages that the cluster has, newest first').action(run(listPackages));
}

async function listPackages(context: Context): Promise<void> {
  const packages = await listAllPackages(context);
  showList(context, {
    json: { packages },
    rows: packages,
    columns: packageColumns,
    none: 'No packages. `uvsctl packages upload FILE` brings one.',
  });
}
