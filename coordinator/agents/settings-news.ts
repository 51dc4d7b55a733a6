import { agentBounds } from '../../common/agent-bounds.ts';
import type { SettingsReport__Output } from '../../proto/gen/uvs/agent/v1/SettingsReport.ts';
import { shown } from '../api/convert/facts.ts';
import type { Core } from '../core.ts';
import { lastMended } from '../declared/mended.ts';
import type { ReportedSetting, SettingsReport } from '../declared/settings-report.ts';
import type { Session } from './session.ts';
import { newsFor } from './news-for.ts';

/** Tells an agent how its node is to be set, where that is otherwise than it was told in this session. */
export function tellSettings(session: Session, settings: Pick<Core['settings'], 'of'>): void {
  const its = newsFor(session, session.settings, () => settings.of(session.uid));
  if (its !== undefined) session.channel.send({ settings: { hash: its.hash, values: { ...its.values } } });
}

const states: Readonly<Record<string, ReportedSetting['state']>> = {
  SETTING_STATE_IN_FORCE: 'in-force',
  SETTING_STATE_WAITING: 'waiting',
  SETTING_STATE_UNMET: 'unmet',
  SETTING_STATE_REFUSED: 'refused',
};

/** Reads what an agent says of its settings: it is only shown, and cut. @param before what it has said before */
export function settingsReportFrom(message: SettingsReport__Output, before: SettingsReport | undefined, nowMs: number): SettingsReport {
  const earlier = new Map(before?.settings.map(({ name, mended }) => [name, mended]));
  const offsetSeconds = message.clock?.offsetSeconds ?? Number.NaN;
  return {
    hash: shown(message.hash, 64),
    settings: message.settings.slice(0, agentBounds.settings).map(({ name, value, state, message: why, mended }) => ({
      name: shown(name),
      value: shown(value, agentBounds.reason),
      state: states[state] ?? 'unmet',
      message: shown(why, agentBounds.reason),
      mended: lastMended(
        mended.slice(0, agentBounds.settings).map((each) => shown(each)),
        earlier.get(shown(name)),
        nowMs,
      ),
    })),
    trouble: shown(message.trouble, agentBounds.reason),
    clock: message.clock === null || !Number.isFinite(offsetSeconds) ? undefined : { offsetSeconds, server: shown(message.clock.server) },
  };
}
