import type { Command } from 'commander';
import type { PackageSigning__Output } from '../../../proto/gen/uvs/v1/PackageSigning.ts';
import { formatBytes, formatCount, formatTime } from '../../output/quantity.ts';
import type { Context, Run } from '../context.ts';
import { showFields } from '../show.ts';
import { findPackage } from './find.ts';
import { broughtVersions, privilegedLines, targetText } from './table.ts';

/** `uvsctl packages show`: what a package's signed manifest says, and who holds its bytes. */
export function addPackagesShow(group: Command, run: Run): void {
  group.command('show').description('one package').argument('<package>', 'digest, the start of one, or a version').action(run(showPackage));
}

async function showPackage(context: Context, name: string): Promise<void> {
  const found = await findPackage(context, name);
  // what finds it tells of the package alone
  const { signing } = await context.api.call('uvs.v1.PackageService', 'GetPackage', { name: found.name }, context.callLimits);
  showFields(context, { ...found, signing }, [
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
    ...signingFields(signing, found.encrypted),
    ['Target', targetText(found)],
    ['Stops', found.services.join(' ')],
    ...privilegedLines(found).map((program) => ['Privileged', program] as const),
    ['Held by', found.holders.join(', ')],
    ['Uploaded', formatTime(found.createTime)],
  ]);
}

/** What tells apart two packages of one release: who signed each, and who can open it. */
function signingFields(signing: PackageSigning__Output | null, isEncrypted: boolean): readonly (readonly [string, string])[] {
  if (signing === null) return [['Signed by', 'not known: the coordinator does not hold the bytes yet, or is an older one']];
  const { signers, rootVersion, refusal, recipients } = signing;
  const root = `root file version ${rootVersion}`;
  return [
    ...signers.map(({ keyId, roles }) => ['Signed by', `${keyId} (${roles.join(', ') || `not trusted by ${root}`})`] as const),
    ['Trusted', refusal === '' ? `yes, by ${root}` : `no, by ${root}: ${refusal}`],
    ['Opened by', isEncrypted ? recipients.join(', ') || 'no identity of this cluster' : ''],
  ];
}
