import { randomBytes } from 'node:crypto';
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '../../../common/atomic-file.ts';
import { toUvsError, UvsError } from '../../../common/errors.ts';
import { unlinkIfThere } from '../../files/disk.ts';
import { DeviceReader } from '../../os/device-reader.ts';
import { mountPoints } from './programs.ts';
import { copyPath } from './units.ts';

const HINT = 'See uvs-agent m2 show and journalctl -k; undo has the old directory count again.';

/**
 * Proves that what is seen of a directory is its copy, on the SSD that was set up, which keeps what is written to it: a disk that is gone leaves its mounts, and
 * what was read before is answered from memory.
 * @throws UvsError NOT_ALLOWED_NOW
 */
export async function demandCopyShown(mountPoint: string, directory: string, whyNotOwn: () => Promise<string>): Promise<void> {
  const points = await mountPoints();
  for (const point of [mountPoint, directory]) {
    if (!points.includes(point)) throw new UvsError('NOT_ALLOWED_NOW', `${point} is not mounted`, { hint: HINT });
  }
  const other = await whyNotOwn();
  if (other !== '') throw new UvsError('NOT_ALLOWED_NOW', other, { hint: HINT });
  try {
    const [shown, copy] = [await lstat(directory), await lstat(copyPath(mountPoint, directory))];
    if (shown.dev !== copy.dev || shown.ino !== copy.ino) {
      throw new UvsError('NOT_ALLOWED_NOW', `what is mounted on ${directory} is not its copy`, { hint: HINT });
    }
    await demandKept(join(mountPoint, 'uvs/.probe'));
  } catch (cause) {
    if (cause instanceof UvsError && cause.reason === 'NOT_ALLOWED_NOW') throw cause;
    throw new UvsError('NOT_ALLOWED_NOW', `the SSD on ${mountPoint} does not work: ${toUvsError(cause).message}`, { cause, hint: HINT });
  }
}

async function demandKept(path: string): Promise<void> {
  const content = randomBytes(4096);
  await writeFileAtomically(path, content, 0o600);
  const { sha256 } = await new DeviceReader().hash(path, path);
  await unlinkIfThere(path);
  const wanted = Buffer.from(await crypto.subtle.digest('SHA-256', content)).toString('hex');
  if (sha256 !== wanted) throw new UvsError('READBACK_MISMATCH', 'it gives back something else than was written');
}
