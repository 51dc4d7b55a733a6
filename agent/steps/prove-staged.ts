import { UvsError } from '../../common/errors.ts';
import type { Content } from '../../common/upd/manifest.ts';
import type { OperationContext } from '../operation-context.ts';
import { DeviceReading, mismatch } from './device-reading.ts';
import type { StagedContent } from './staged-content.ts';

/**
 * Reads every staged content back from the device, past the page cache, and compares it with the manifest: what the disk does not give back as it
 * was written is found before anything is committed, and before a slot is asked for. The contents have to be synced. Says aloud where the
 * device was not reached.
 * @param isBadInPackage asked where a content is wrong: whether it is so in the package already
 * @throws UvsError READBACK_MISMATCH, PACKAGE_CORRUPT
 */
export async function proveStaged(
  context: OperationContext,
  contents: readonly StagedContent[],
  isBadInPackage: (content: Content) => Promise<boolean>,
  signal: AbortSignal,
): Promise<void> {
  if (contents.length === 0) return;
  context.say(`Reading back ${contents.length} contents`);
  const reading = new DeviceReading();
  await DeviceReading.each(contents, async (staged) => {
    signal.throwIfAborted();
    const read = await reading.read(staged.address(), staged.name);
    if (read.sha256 !== staged.content.sha256) {
      if (await isBadInPackage(staged.content).catch(() => false))
        throw new UvsError('PACKAGE_CORRUPT', `the content of ${staged.name} is not what the manifest says`);
      throw mismatch(staged.name, 'is not on the device as it was written');
    }
    context.proven.add(read.inode, read.sha256);
  });
  context.tell(reading.judge());
}
