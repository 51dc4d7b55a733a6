import { performance } from 'node:perf_hooks';
import type { Core } from '../../coordinator/core.ts';
import { eventually } from './eventually.ts';

/** A node counts as silent soon, so that tests need not wait. */
export const soonSilent = { silentAfterMs: 1_500 };

/** Lets the time pass in which who says nothing comes to count as silent. */
export function untilSilent(core: Core): Promise<unknown> {
  const fromMs = performance.now();
  return eventually(
    'who says nothing is silent',
    () => performance.now() - fromMs > soonSilent.silentAfterMs && core.nodes.list().length > 0,
  );
}
