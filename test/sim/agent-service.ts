import { toUvsError, UvsError } from '../../common/errors.ts';
import { demandEnrolled } from '../../coordinator/agents/not-enrolled.ts';
import { operationFrom } from '../../coordinator/agents/session-messages.ts';
import { factsFrom } from '../../coordinator/api/convert/facts.ts';
import { outcomeFrom } from '../../coordinator/api/convert/outcome.ts';
import { tokenFrom } from '../../coordinator/api/convert/slot.ts';
import type { CoordinatorMachine } from './coordinator.ts';
import { agentWire } from './wire.ts';

/** Answers an agent's call as coordinator/api/agent-service.ts does, without gRPC; runs in the coordinator's process. */
export async function answerAgent(
  machine: CoordinatorMachine,
  uid: string,
  method: string,
  request: Buffer,
  signal: AbortSignal,
): Promise<Buffer> {
  const { coordinator, hub } = machine;
  if (coordinator === undefined || hub === undefined) throw new UvsError('UNREACHABLE', `${machine.id} does not run`);
  const { core } = coordinator;
  demandEnrolled(core, uid);
  switch (method) {
    case 'Begin': {
      const { operation, token } = agentWire.Begin.requestDeserialize(request);
      const answer = await core.slots.begin(uid, operationFrom(operation), tokenFrom(token), signal);
      return agentWire.Begin.responseSerialize({ granted: answer.isYes, reason: answer.reason });
    }
    case 'ConfirmToken': {
      const { operation, token } = agentWire.ConfirmToken.requestDeserialize(request);
      const answer = await core.slots.confirm(uid, operationFrom(operation), tokenFrom(token));
      return agentWire.ConfirmToken.responseSerialize({ valid: answer.isYes, reason: answer.reason });
    }
    case 'ReportEnded': {
      const report = agentWire.ReportEnded.requestDeserialize(request);
      if (report.facts === null) throw new UvsError('INVALID_ARGUMENT', 'facts are required');
      const operation = operationFrom(report.operation);
      const outcome = outcomeFrom(report.outcome);
      const token = report.token === null ? undefined : tokenFrom(report.token);
      const { message, outputTail } = report;
      const ended = { operation, outcome, token, message, outputTail, facts: factsFrom(report.facts) };
      await hub.ending(uid, operation, outcome !== 'needs-operator', core.slots.ended(uid, ended));
      return agentWire.ReportEnded.responseSerialize({});
    }
    default:
      throw toUvsError(new Error(`${method} is not part of the simulation`));
  }
}
