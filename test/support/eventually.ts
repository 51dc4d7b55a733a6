import { setTimeout as delay } from 'node:timers/promises';
import { patience } from './patience.ts';

/**
 * Asks `probe` until it gives something other than undefined or false, and returns that.
 * @param deadlineMs longer where the test is emulated
 * @throws Error naming `what` after that, with the last error of the probe as cause.
 */
export async function eventually<T>(
  what: string,
  probe: () => Promise<T | undefined | false> | T | undefined | false,
  deadlineMs = 15_000,
): Promise<T> {
  const end = performance.now() + deadlineMs * patience;
  let last: unknown;
  for (;;) {
    try {
      const got = await probe();
      if (got !== undefined && got !== false) return got;
    } catch (error) {
      last = error;
    }
    if (performance.now() > end) throw new Error(`not within ${deadlineMs * patience} ms: ${what}`, { cause: last });
    await delay(20);
  }
}
