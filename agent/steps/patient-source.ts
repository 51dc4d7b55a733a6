import { setTimeout as delay } from 'node:timers/promises';
import { toUvsError } from '../../common/errors.ts';
import type { PackageSource } from '../../common/upd/source.ts';
import type { OperationBounds } from '../operation-context.ts';
import type { PackageOrigin } from '../ports.ts';

/** Longest wait between two attempts. */
const MAX_RETRY_MS = 10_000;

/** A source that opens its origin anew and repeats the same read when the connection breaks, for as long as the bounds say. */
export async function patientSource(
  origin: PackageOrigin,
  bounds: Pick<OperationBounds, 'fetchPatienceMs' | 'fetchRetryMs'>,
  tell: (line: string) => void,
  signal: AbortSignal,
): Promise<PackageSource> {
  const patiently = async <T>(attempt: () => Promise<T>): Promise<T> => {
    const deadline = AbortSignal.timeout(bounds.fetchPatienceMs);
    for (let waitMs = bounds.fetchRetryMs; ; waitMs = Math.min(waitMs * 2, MAX_RETRY_MS)) {
      try {
        return await attempt();
      } catch (thrown) {
        signal.throwIfAborted();
        const error = toUvsError(thrown);
        const isPassing = error.reason === 'UNREACHABLE' || error.reason === 'DEADLINE_EXCEEDED';
        if (!isPassing || deadline.aborted) throw error;
        tell(`${error.reason}: ${error.message}; trying again in ${waitMs} ms`);
        await delay(waitMs, undefined, { signal });
      }
    }
  };
  let current: PackageSource | undefined = await patiently(() => origin.open(signal, tell));
  const { sizeBytes } = current;
  return {
    sizeBytes,
    read: (offset, length, readSignal, isSound) =>
      patiently(async () => {
        current ??= await origin.open(signal, tell);
        try {
          return await current.read(offset, length, readSignal, isSound);
        } catch (error) {
          current = undefined;
          throw error;
        }
      }),
  };
}
