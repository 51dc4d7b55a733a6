import type { SessionRequest__Output } from '../../proto/gen/uvs/agent/v1/SessionRequest.ts';
import { agentBounds } from '../../common/agent-bounds.ts';
import { factsFrom, shown } from '../api/convert/facts.ts';
import { invalid } from '../api/validate.ts';
import { newlyMended } from '../declared/mended.ts';
import type { MendedKind } from '../metrics.ts';
import { foreseenLimitsFrom, limitsReportFrom } from './limits-news.ts';
import { settingsReportFrom } from './settings-news.ts';
import { operationFrom, servicesFrom } from './session-messages.ts';
import type { Session } from './session.ts';

/** Who hears of what a report means beside what it says of the node. */
export interface ReportListener {
  /** The session was challenged, because another of its node has come, and has proven that it lives. */
  proven(): void;
  /** Something else has changed what the agent keeps, and it was put back. @param names of services, or of settings */
  mended(kind: MendedKind, names: readonly string[]): void;
}

/**
 * Takes in what an agent says of its node after its hello: a heartbeat, progress, evidence of health, its limits, its settings, or what it would refuse.
 * @param nowMs by the wall clock
 * @throws UvsError INVALID_ARGUMENT
 */
export function takeReport(session: Session, message: SessionRequest__Output, nowMs: number, listener: ReportListener): void {
  const { heartbeat, progress, healthEvidence, limitsReport, settingsReport, limitsAnswer } = message;
  if (heartbeat !== null && heartbeat !== undefined) {
    session.failedServices = servicesFrom(heartbeat.failedServices);
    session.packageRootVersion = heartbeat.packageRootVersion;
    if (heartbeat.facts !== null) session.facts = factsFrom(heartbeat.facts);
  } else if (progress !== null && progress !== undefined) {
    session.progressed(operationFrom(progress.operation), {
      phase: shown(progress.phase, agentBounds.phase),
      message: shown(progress.message, agentBounds.progress),
      percent: Math.max(-1, Math.min(100, progress.percent)),
    });
  } else if (healthEvidence !== null && healthEvidence !== undefined) {
    if (healthEvidence.facts === null) throw invalid('health_evidence.facts', 'are required');
    const facts = factsFrom(healthEvidence.facts);
    const failedServices = servicesFrom(healthEvidence.failedServices);
    session.facts = facts;
    session.failedServices = failedServices;
    if (session.challenge?.state === 'asked' && healthEvidence.nonce === session.challenge.nonce) listener.proven();
    session.probes.answered(healthEvidence.nonce, { bootId: shown(healthEvidence.bootId), facts, failedServices });
  } else if (limitsReport !== null && limitsReport !== undefined) {
    const before = session.limits.report;
    const report = limitsReportFrom(limitsReport, before, nowMs);
    session.limits.report = report;
    const units = newlyMended(report.units, before?.units);
    if (units.length > 0)
      listener.mended(
        'limits',
        units.map(({ unit }) => unit),
      );
  } else if (settingsReport !== null && settingsReport !== undefined) {
    const before = session.settings.report;
    const report = settingsReportFrom(settingsReport, before, nowMs);
    session.settings.report = report;
    const settings = newlyMended(report.settings, before?.settings);
    if (settings.length > 0)
      listener.mended(
        'settings',
        settings.map(({ name }) => name),
      );
  } else if (limitsAnswer !== null && limitsAnswer !== undefined) {
    session.foreseen.answered(limitsAnswer.nonce, foreseenLimitsFrom(limitsAnswer));
  } else {
    throw invalid('message', message.message === 'hello' ? 'must not be a second hello' : 'is unknown');
  }
}
