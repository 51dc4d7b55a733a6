import type { CoordinatorConfig } from './config.ts';
import { defaultSettings, type CoreSettings } from './core/settings.ts';

/** Times of the deciding part, as configured. */
export function coreSettings(config: Pick<CoordinatorConfig, 'timings' | 'stagingLimit' | 'packages'>): CoreSettings {
  const { timings, stagingLimit, packages } = config;
  return {
    ...defaultSettings,
    leaderTtlSeconds: Math.max(1, Math.round(timings.leaseTtlMs / 1000)),
    slotTtlSeconds: Math.max(1, Math.round(timings.grantTtlMs / 1000)),
    silentAfterMs: timings.silentAfterMs,
    retryMs: timings.retryMs,
    stagingLimit,
    serveBytesPerSecond: packages.serveBytesPerSecond,
  };
}
