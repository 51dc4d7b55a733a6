import type { LevelSetting, LogLevel, Logger } from './log.ts';
import type { Notifier } from './notify.ts';

interface Reloadable {
  readonly log: { readonly level: LogLevel };
}

export interface Reloading {
  /** Calls back when the configuration is to be read again. */
  readonly onReload: (listener: () => void) => Disposable;
  /** Reads it, and takes what may change. @throws UvsError CONFIG_INVALID */
  readonly reload: () => Promise<void>;
}

/** Has a daemon read its configuration again whenever it is told to; one that is wrong changes nothing. @param status as it stands afterwards */
export function reloads({ onReload, reload }: Reloading, notifier: Notifier, status: () => string, log: Logger): Disposable {
  return onReload(() => {
    notifier.reloading();
    void reload()
      .catch((err: unknown) => log.error({ err }, 'the configuration could not be read again: all stays as it was'))
      .finally(() => notifier.ready(status()));
  });
}

/**
 * Takes from a configuration that was read again what may change while a daemon works, which is how much is logged. What else has changed is
 * named: operations have begun by the old values, and to start an agent or a coordinator anew is harmless.
 */
export function takeReloaded<Config extends Reloadable>(before: Config, now: Config, level: LevelSetting, log: Logger): void {
  level.current = now.log.level;
  const fromNextStart = changedKeys({ ...before, log: undefined }, { ...now, log: undefined });
  log[fromNextStart.length > 0 ? 'warn' : 'info']({ logLevel: level.current, fromNextStart }, 'configuration read again');
}

function changedKeys(before: Readonly<Record<string, unknown>>, now: Readonly<Record<string, unknown>>): readonly string[] {
  const keys = new Set([...Object.keys(before), ...Object.keys(now)]);
  return [...keys].filter((key) => JSON.stringify(before[key]) !== JSON.stringify(now[key])).toSorted();
}
