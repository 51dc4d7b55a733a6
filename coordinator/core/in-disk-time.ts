import { toUvsError, UvsError } from '../../common/errors.ts';

/** A disk that has not done so little for so long hangs: whoever waits for it must not hang with it. */
export const DISK_MS = 5_000;

/**
 * Waits for this coordinator's own disk, no longer than a limit; what it was asked for may still be done later.
 * @throws UvsError DISK_FAILED for whatever keeps it from being done in time
 */
export async function inDiskTime<T>(work: Promise<T>, limitMs = DISK_MS): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`it has not been done for ${limitMs / 1_000} s`)), limitMs);
  try {
    return await Promise.race([work, late.promise]);
  } catch (cause) {
    if (cause instanceof UvsError) throw cause;
    throw new UvsError('DISK_FAILED', `its disk: ${toUvsError(cause).message}`, { cause, hint: 'See to its disk (df, dmesg).' });
  } finally {
    clearTimeout(timer);
  }
}
