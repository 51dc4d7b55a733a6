const FIRST_MS = 200;

/**
 * How long to wait before the next round of reconnecting: 0.1–0.2 s at first, then twice as long each time up to the cap, half of it by chance,
 * so that ten thousand agents do not come back in the same moment.
 * @param failures rounds that failed one after the other, from 0; @param random 0 to 1.
 */
export function backoffMs(failures: number, capMs: number, random: number): number {
  const fullMs = Math.min(capMs, FIRST_MS * 2 ** Math.min(failures, 20));
  return fullMs / 2 + (fullMs / 2) * random;
}
