import type { Command } from 'commander';
import { formatBytes } from '../../output/quantity.ts';
import type { Context, Run } from '../context.ts';
import { showDone } from '../show.ts';
import { uploadPackage } from '../push/upload.ts';
import { shortDigest } from './table.ts';

/** `uvsctl packages upload`. */
export function addPackagesUpload(group: Command, run: Run): void {
  group
    .command('upload')
    .description('bring a package to the coordinators; goes on where an interrupted upload stopped')
    .argument('<file>', 'a .upd file')
    .action(run(upload));
}

async function upload(context: Context, path: string): Promise<void> {
  const { isNew, found } = await uploadPackage(context, path);
  const what = `${found.product} ${found.version} (${shortDigest(found.digest)}, ${formatBytes(Number(found.sizeBytes))})`;
  showDone(context, found, isNew ? `${what} is uploaded and held by ${found.holders.join(', ')}.` : `The cluster has ${what} already.`);
}
