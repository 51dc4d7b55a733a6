import type { SessionRequest__Output } from '../../proto/gen/uvs/agent/v1/SessionRequest.ts';
import { bounded, factsFrom } from '../api/convert/facts.ts';
import { invalid } from '../api/validate.ts';
import { limitsReportFrom } from './limits-news.ts';
import { settingsReportFrom } from './settings-news.ts';
import { operationFrom, servicesFrom } from './session-messages.ts';
import type { Session } from './session.ts';

/**
 * Takes in what an agent says of its node after its hello: a heartbeat, progress, evidence of health, its limits, or its settings.
 * @param onProven the session was challenged, because another of its node has come, and has proven that it lives
 * @throws UvsError INVALID_ARGUMENT
 */
export function takeReport(session: Session, message: SessionRequest__Output, onProven: () => void): void {
  const { heartbeat, progress, healthEvidence, limitsReport, settingsReport } = message;
  if (heartbeat !== null && heartbeat !== undefined) {
    session.failedServices = servicesFrom(heartbeat.failedServices);
    session.packageRootVersion = heartbeat.packageRootVersion;
    if (heartbeat.facts !== null) session.facts = factsFrom(heartbeat.facts);
  } else if (progress !== null && progress !== undefined) {
    session.progressed(operationFrom(progress.operation), {
      phase: bounded(progress.phase, 'phase', 64),
      message: bounded(progress.message, 'message', 1024),
      percent: Math.max(-1, Math.min(100, progress.percent)),
    });
  } else if (healthEvidence !== null && healthEvidence !== undefined) {
    if (healthEvidence.facts === null) throw invalid('health_evidence.facts', 'are required');
    const facts = factsFrom(healthEvidence.facts);
    const failedServices = servicesFrom(healthEvidence.failedServices);
    session.facts = facts;
    session.failedServices = failedServices;
    if (session.challenge?.state === 'asked' && healthEvidence.nonce === session.challenge.nonce) onProven();
    session.answered(healthEvidence.nonce, { bootId: bounded(healthEvidence.bootId, 'boot_id'), facts, failedServices });
  } else if (limitsReport !== null && limitsReport !== undefined) {
    session.limits.report = limitsReportFrom(limitsReport);
  } else if (settingsReport !== null && settingsReport !== undefined) {
    session.settings.report = settingsReportFrom(settingsReport);
  } else {
    throw invalid('message', message.message === 'hello' ? 'must not be a second hello' : 'is unknown');
  }
}
