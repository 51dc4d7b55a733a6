import { answered } from '../declared/hearing.ts';
import { withRecent } from '../declared/mended.ts';
import type { Clock } from '../ports.ts';
import { UvsError } from '../../common/errors.ts';
import type { LimitRule } from '../declared/limits.ts';
import type { ForeseenLimits, LimitsReport, ReportedUnit } from '../declared/limits-report.ts';
import type { ReportedSetting, SettingsReport } from '../declared/settings-report.ts';
import type { SessionTable } from './session-table.ts';

/** What agents say, in sessions that are open now, of the limits and settings that are declared for their nodes. */
export class DeclaredReports {
  readonly #sessions: Pick<SessionTable, 'current' | 'all'>;
  readonly #clock: Pick<Clock, 'wallMs'>;

  constructor(sessions: Pick<SessionTable, 'current' | 'all'>, clock: Pick<Clock, 'wallMs'>) {
    this.#sessions = sessions;
    this.#clock = clock;
  }

  /** What an agent last said of its limits; undefined: it has no session, or takes no limits from it. */
  limits(uid: string): { readonly told: LimitsReport | undefined } | undefined {
    const its = this.#sessions.current(uid)?.limits;
    if (its?.isTaken !== true) return undefined;
    const { report } = its;
    return { told: report === undefined ? undefined : { ...report, units: withRecent(report.units, this.#clock.wallMs()) } };
  }

  /** Asks an agent which limits it would refuse if these were all. @returns undefined where it has no session, is an older one, or did not answer in time */
  async foreseeLimits(uid: string, rules: readonly LimitRule[], signal: AbortSignal): Promise<ForeseenLimits | undefined> {
    const session = this.#sessions.current(uid);
    if (session?.answersLimits !== true) return undefined;
    try {
      return await session.foreseeLimits(rules, signal);
    } catch (error) {
      if (error instanceof UvsError) return undefined;
      throw error;
    }
  }

  /** What it last said of its settings. */
  settings(uid: string): { readonly told: SettingsReport | undefined } | undefined {
    const its = this.#sessions.current(uid)?.settings;
    if (its?.isTaken !== true) return undefined;
    const { report } = its;
    return { told: report === undefined ? undefined : { ...report, settings: withRecent(report.settings, this.#clock.wallMs()) } };
  }

  /** How it stands with the limits of each unit of which an agent tells now; `unknown` for a node that was told limits and has not answered. */
  *limitStates(): Generator<ReportedUnit['state'] | 'unknown', void, undefined> {
    for (const { limits } of this.#sessions.all())
      if (limits.hash !== undefined) yield* answered(limits)?.units.map(({ state }) => state) ?? ['unknown'];
  }

  /** The same of each setting. */
  *settingStates(): Generator<ReportedSetting['state'] | 'unknown', void, undefined> {
    for (const { settings } of this.#sessions.all())
      if (settings.hash !== undefined) yield* answered(settings)?.settings.map(({ state }) => state) ?? ['unknown'];
  }

  /** How far clocks are off of the nodes that tell it. */
  *clockOffsets(): Generator<number, void, undefined> {
    for (const { settings } of this.#sessions.all()) if (settings.report?.clock !== undefined) yield settings.report.clock.offsetSeconds;
  }
}
