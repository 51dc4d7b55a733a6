import * as v from 'valibot';
import type { Logger } from '../../common/log.ts';
import type { Keeping, Report } from '../declared/loop.ts';
import { TroubleLog } from '../declared/troubles.ts';
import { storedAt } from '../stored.ts';
import type { StateDirectory } from '../state-directory.ts';
import type { KeptSettings, SettingsKeeper } from './keeper.ts';
import type { NodeClock } from './ports.ts';

const MAX_SETTINGS = 64;
/** A server that has not answered yet is looked at so often. */
const WAITING_MS = 5_000;
/** One that did not in time, so often: the network may be back. */
const UNREACHED_MS = 60_000;

/** Settings as a coordinator tells them, and as they are stored. */
export const settingsSchema = v.object({
  hash: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  values: v.pipe(
    v.record(v.pipe(v.string(), v.maxLength(64)), v.pipe(v.string(), v.maxLength(2304))),
    v.check((values) => Object.keys(values).length <= MAX_SETTINGS),
  ),
});

export type WantedSettings = v.InferOutput<typeof settingsSchema>;

/** What is told of the settings of the node. */
export type ReportedSettings = Report<KeptSettings>;

/**
 * How this node's settings are kept.
 * @param keeper a sentence where nothing is set on this node: why
 * @param onClock hears what is found of the clock at each look
 */
export function keptSettings(
  state: Pick<StateDirectory, 'path'>,
  keeper: Pick<SettingsKeeper, 'keep'> | string,
  onClock: (clock: NodeClock | undefined) => void,
  log: Logger,
): Keeping<WantedSettings, KeptSettings> {
  const troubles = new TroubleLog('settings', log);
  return {
    name: 'settings',
    stored: storedAt(state.path, 'settings.json', settingsSchema, {
      reason: 'CONFIG_INVALID',
      hint: 'The leading coordinator tells the settings again.',
    }),
    describeChange: (before, { values }) => ({
      set: Object.fromEntries(Object.entries(values).filter(([name, value]) => before?.values[name] !== value)),
      takenBack: Object.keys(before?.values ?? {}).filter((name) => values[name] === undefined),
    }),
    isNothing: ({ values }) => Object.keys(values).length === 0,
    nothing: { settings: [], clock: undefined },
    mendedIn: ({ settings }) => settings.filter(({ mended }) => mended.length > 0).length,
    soonerMs: ({ settings }) => {
      const state = settings.find(({ name }) => name === 'ntp-servers')?.state;
      return state === 'waiting' ? WAITING_MS : state === 'unmet' ? UNREACHED_MS : undefined;
    },
    keep:
      typeof keeper === 'string'
        ? keeper
        : async ({ values }) => {
            const { settings, clock } = await keeper.keep(values);
            for (const { name, mended } of settings)
              if (mended.length > 0) log.warn({ setting: name, mended }, 'what somebody had changed was put back');
            troubles.note(settings);
            onClock(clock);
            return { settings, clock: clock === undefined ? undefined : { ...clock, offsetSeconds: rounded(clock.offsetSeconds) } };
          },
  };
}

/** To hundredths: a clock that does as it should is no news at each look. */
function rounded(seconds: number): number {
  return Math.round(seconds * 100) / 100;
}
