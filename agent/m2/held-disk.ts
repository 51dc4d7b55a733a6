import { UvsError } from '../../common/errors.ts';
import { openToRead } from '../files/reading.ts';
import { describeDisk, type Disk } from './disk.ts';

const MIB = 1024 ** 2;

/**
 * Opens a disk that is to be written to, and looks again whether it is the one that was judged: no other takes its name while it is open.
 * @param isBlank whether it was judged by being blank
 * @throws UvsError CONFLICT
 */
export async function holdDisk(disk: Disk, isBlank: boolean, disks: () => Promise<readonly Disk[]>): Promise<AsyncDisposable> {
  const device = await openToRead(`/dev/${disk.name}`);
  try {
    const now = (await disks()).find(({ name }) => name === disk.name);
    if (now === undefined || !isSame(disk, now)) {
      throw changed(`${disk.name} is another disk by now: ${now === undefined ? 'there is none' : describeDisk(now)}`);
    }
    const { bytesRead, buffer } = await device.read(Buffer.alloc(MIB), 0, MIB, 0);
    if (isBlank && !buffer.subarray(0, bytesRead).equals(Buffer.alloc(bytesRead))) {
      throw changed(`${describeDisk(disk)} was blank, and something was written to it since`);
    }
    return device;
  } catch (error) {
    await device.close();
    throw error;
  }
}

function isSame(one: Disk, other: Disk): boolean {
  return one.serial === other.serial && one.sizeBytes === other.sizeBytes && one.sequence === other.sequence;
}

function changed(message: string): UvsError {
  return new UvsError('CONFLICT', message, { hint: 'Nothing was written. Look at uvs-agent m2 plan again.' });
}
