import { setTimeout as sleep } from 'node:timers/promises';
import { UvsError } from '../../common/errors.ts';

const POLL_MS = 5;

/** Waits until a condition holds. @throws UvsError DEADLINE_EXCEEDED naming it */
export async function until(what: string, condition: () => boolean | Promise<boolean>, limitMs = 10_000): Promise<void> {
  const deadlineMs = performance.now() + limitMs;
  while (!(await condition())) {
    if (performance.now() > deadlineMs)
      throw new UvsError('DEADLINE_EXCEEDED', `it did not come to this within ${limitMs / 1000} s: ${what}`);
    await sleep(POLL_MS);
  }
}
