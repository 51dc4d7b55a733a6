import { agentBounds } from '../../common/agent-bounds.ts';
import type { LimitsAnswer__Output } from '../../proto/gen/uvs/agent/v1/LimitsAnswer.ts';
import type { LimitsReport__Output } from '../../proto/gen/uvs/agent/v1/LimitsReport.ts';
import { shown } from '../api/convert/facts.ts';
import type { Core } from '../core.ts';
import { lastMended } from '../declared/mended.ts';
import type { ForeseenLimits, LimitsReport, ReportedUnit } from '../declared/limits-report.ts';
import { newsFor } from './news-for.ts';
import type { Session } from './session.ts';

/** Tells an agent which limits its node is to keep, where they are others than it was told in this session. */
export function tellLimits(session: Session, limits: Pick<Core['limits'], 'of'>): void {
  const its = newsFor(session, session.limits, () => limits.of(session.uid));
  if (its === undefined) return;
  session.channel.send({ limits: { hash: its.hash, rules: its.rules.map(({ unit, values }) => ({ unit, values: { ...values } })) } });
}

const states: Readonly<Record<string, ReportedUnit['state']>> = {
  LIMIT_STATE_IN_FORCE: 'in-force',
  LIMIT_STATE_FROM_NEXT_START: 'from-next-start',
  LIMIT_STATE_UNMET: 'unmet',
  LIMIT_STATE_REFUSED: 'refused',
};

/** Reads what an agent says of its limits: it is only shown, and cut. @param before what it has said before */
export function limitsReportFrom(message: LimitsReport__Output, before: LimitsReport | undefined, nowMs: number): LimitsReport {
  const earlier = new Map(before?.units.map(({ unit, mended }) => [unit, mended]));
  return {
    hash: shown(message.hash, 64),
    units: message.units.slice(0, agentBounds.limitedUnits).map(({ unit, state, message: why, mended }) => ({
      unit: shown(unit),
      state: states[state] ?? 'unmet',
      message: shown(why, agentBounds.reason),
      mended: lastMended(
        mended.slice(0, 16).map((name) => shown(name)),
        earlier.get(shown(unit)),
        nowMs,
      ),
    })),
    trouble: shown(message.trouble, agentBounds.reason),
  };
}

/** Reads what an agent says that it would refuse: it is only shown, and cut. */
export function foreseenLimitsFrom({ refused, trouble }: LimitsAnswer__Output): ForeseenLimits {
  return {
    refused: refused
      .slice(0, agentBounds.limitedUnits)
      .map(({ unit, message }) => ({ unit: shown(unit), message: shown(message, agentBounds.reason) })),
    trouble: shown(trouble, agentBounds.reason),
  };
}
