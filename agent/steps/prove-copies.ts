import type { OperationContext } from '../operation-context.ts';
import { DeviceReading, mismatch } from './device-reading.ts';

/** A copy that the agent made of a file of the node. */
export interface Copy {
  /** Asked anew for each use. */
  readonly address: () => string;
  readonly name: string;
  /** Of what was copied. */
  readonly sha256: string;
}

/** Reads copies back from the device once they are synced: a second name can't differ from the first, a copy can. @throws UvsError READBACK_MISMATCH */
export async function proveCopies(context: OperationContext, copies: readonly Copy[]): Promise<void> {
  if (copies.length === 0) return;
  const reading = new DeviceReading();
  await DeviceReading.each(copies, async ({ address, name, sha256 }) => {
    const read = await reading.read(address(), name);
    if (read.sha256 !== sha256) throw mismatch(name, 'is not on the device as it was written');
    context.proven.add(read.inode, sha256);
  });
}
