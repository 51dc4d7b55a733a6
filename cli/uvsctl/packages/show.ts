import type { Command } from 'commander';
import { formatBytes, formatCount, formatTime } from '../../output/quantity.ts';
import type { Context, Run } from '../context.ts';
import { showFields } from '../show.ts';
import { findPackage } from './find.ts';
import { broughtVersions, targetText } from './table.ts';

/** `uvsctl packages show`: what a package's signed manifest says, and who holds its bytes. */
export function addPackagesShow(group: Command, run: Run): void {
  group.command('show').description('one package').argument('<package>', 'digest, the start of one, or a version').action(run(showPackage));
}

async function showPackage(context: Context, name: string): Promise<void> {
  const found = await findPackage(context, name);
  showFields(context, found, [
    ['Product', found.product],
    ['Version', found.version],
    ['Brings', broughtVersions(found.brings)],
    ['Digest', found.digest],
    ['Manifest', found.manifestHash],
    ['Build', found.packageId],
    [
      'Size',
      `${formatBytes(Number(found.sizeBytes))}, ${formatBytes(Number(found.plainBytes))} in ${formatCount(found.files, 'path')} once installed`,
    ],
    ['Kind', `${found.partial ? 'partial' : 'full'}${found.encrypted ? ', encrypted' : ''}`],
    ...found.components.map(
      ({ component, epoch, releaseSeq }) => ['Component', `${component} (epoch ${epoch}, release ${releaseSeq})`] as const,
    ),
    ['Target', targetText(found)],
    ['Stops', found.services.join(' ')],
    ['Held by', found.holders.join(', ')],
    ['Uploaded', formatTime(found.createTime)],
  ]);
}
