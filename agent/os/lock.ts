import { UvsError } from '../../common/errors.ts';
import { flock } from '../../common/flock.ts';
import { DiskFile } from '../files/disk-file.ts';

/**
 * Takes the exclusive lock of a state directory until disposed or until the process is gone, however it goes. The file names the holder.
 * @throws UvsError BUSY
 */
export async function takeLock(path: string, purpose: string): Promise<AsyncDisposable> {
  const file = await DiskFile.open(path, 'a+', 0o600);
  try {
    if (!(await flock(file.fd))) {
      const holder = (await file.readStart(256)).toString('utf8').replaceAll('\0', '').trim();
      throw new UvsError('BUSY', `another agent works on this node: ${holder === '' ? 'its process is unknown' : holder}`, {
        hint: 'Where that is the daemon (uvs-agent run), updates come from the coordinator; to work from the console stop it first, e.g. systemctl stop uvs-agent. Anything else is over in a while.',
        details: { holder },
      });
    }
    await file.truncate();
    await file.write(Buffer.from(`pid ${process.pid} (${purpose})\n`));
    return { [Symbol.asyncDispose]: () => file.close() };
  } catch (error) {
    await file.close();
    throw error;
  }
}
