import type { CoordinatorConfig } from './config.ts';
import { defaultTimings, type CoreTimings } from './core/timings.ts';

/** Times of the deciding part, as configured. */
export function coreTimings(config: Pick<CoordinatorConfig, 'timings' | 'stagingLimit' | 'packages'>): CoreTimings {
  const { timings, stagingLimit, packages } = config;
  return {
    ...defaultTimings,
    leaderTtlSeconds: Math.max(1, Math.round(timings.leaseTtlMs / 1000)),
    slotTtlSeconds: Math.max(1, Math.round(timings.grantTtlMs / 1000)),
    silentAfterMs: timings.silentAfterMs,
    retryMs: timings.retryMs,
    stagingLimit,
    serveBytesPerSecond: packages.serveBytesPerSecond,
  };
}
