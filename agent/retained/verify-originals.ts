import { lstatSync, readlinkSync } from 'node:fs';
import { UvsError } from '../../common/errors.ts';
import { differences } from '../files/xattr-differences.ts';
import type { Tree } from '../files/tree.ts';
import type { OperationContext } from '../operation-context.ts';
import { DeviceReading } from '../steps/device-reading.ts';
import { openArea } from './areas.ts';
import type { Back } from './back.ts';
import { readOwnXattrs } from './describe.ts';
import type { Original } from './record.ts';

/**
 * Reads every retained original from the device and compares it with what the release before is signed to have put there, or, where that was not the
 * release's, with what it was when it was retained. @throws UvsError NO_WAY_BACK naming the first that is another
 */
export async function verifyOriginals(context: OperationContext, back: Back): Promise<void> {
  const reading = new DeviceReading();
  const { root } = context.setup;
  for (const base of back.entry.bases) {
    using area = openArea(root, base, back.entry.operation);
    const originals = back.record.originals.filter((original) => original.base === base);
    await DeviceReading.each(originals, (original) => verify(context, area, original, back, reading));
    const xattrs = await readOwnXattrs(area, originals);
    for (const [place, original] of originals.entries()) {
      const [difference] = differences(original.xattrs, xattrs[place] ?? original.xattrs);
      if (difference !== undefined) throw damaged(back, original, `has another extended attribute ${difference.name} than it had`);
    }
  }
  if (reading.readBytes > 0) context.tell(reading.judge());
}

async function verify({ proven }: OperationContext, area: Tree, original: Original, back: Back, reading: DeviceReading): Promise<void> {
  const { path, index } = original;
  const address = (): string => area.address(String(index));
  const stat = lstatSync(address(), { bigint: true, throwIfNoEntry: false });
  if (stat === undefined) throw damaged(back, original, 'is missing');
  if ((Number(stat.mode) & 0o7777) !== original.mode || Number(stat.uid) !== original.uid || Number(stat.gid) !== original.gid) {
    throw damaged(back, original, 'has another mode or owner than it had');
  }
  if (original.type === 'symlink') {
    if (!stat.isSymbolicLink() || readlinkSync(address()) !== original.link) throw damaged(back, original, 'is another link');
    return;
  }
  const before = back.signed(path);
  const isSigned = before?.op === 'put' && before.type === 'file' && before.sha256 === original.sha256;
  if (!original.isOwn && !isSigned) throw damaged(back, original, 'is of no release that was here');
  if (!stat.isFile()) throw damaged(back, original, 'is no regular file');
  const read = await reading.read(address(), path);
  if (read.sizeBytes !== original.size || read.sha256 !== original.sha256) throw damaged(back, original, 'has another content');
  proven.add(stat, original.sha256);
}

function damaged({ entry }: Back, { path }: Original, what: string): UvsError {
  return new UvsError(
    'NO_WAY_BACK',
    `the retained original of ${path} ${what}: it was changed before ${entry.version} came, or the disk fails`,
    {
      hint: 'Push a release that is newer than what is installed; of the disk see the kernel log.',
    },
  );
}
