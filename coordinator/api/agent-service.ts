import { agentBounds } from '../../common/agent-bounds.ts';
import type { Handlers } from '../../common/rpc/handlers.ts';
import type { AgentServiceHandlers } from '../../proto/gen/uvs/agent/v1/AgentService.ts';
import { demandEnrolled, type AgentHub } from '../agents/hub.ts';
import { operationFrom } from '../agents/session-messages.ts';
import type { HealthVerdict__Output as HealthVerdictMessage } from '../../proto/gen/uvs/agent/v1/HealthVerdict.ts';
import type { Core, HealthVerdict } from '../core.ts';
import { factsFrom, shown } from './convert/facts.ts';
import { outcomeFrom } from './convert/outcome.ts';
import { tokenFrom } from './convert/slot.ts';
import { invalid, requireDigest } from './validate.ts';

const verdicts = {
  healthy: 'HEALTH_VERDICT_HEALTHY',
  unhealthy: 'HEALTH_VERDICT_UNHEALTHY',
  undecided: 'HEALTH_VERDICT_UNDECIDED',
} as const satisfies Record<HealthVerdict['verdict'], HealthVerdictMessage>;

export interface PackageKeys {
  /** Content key of a package, for a node to which it is assigned. @throws UvsError PERMISSION_DENIED, NOT_FOUND, KEY_WRONG */
  keyFor(uid: string, digest: string, operation: string, signal: AbortSignal): Promise<Uint8Array>;
}

/** What agents call. The node is who its certificate says; no message can name another. */
export function agentService(handlers: Handlers, core: Core, hub: AgentHub, keys: PackageKeys): AgentServiceHandlers {
  return {
    Session: handlers.duplex((channel) => hub.open(channel)),
    Begin: handlers.unary(async (request, { peer, signal }) => {
      demandEnrolled(core, peer.identity.id);
      const answer = await core.slots.begin(peer.identity.id, operationFrom(request.operation), tokenFrom(request.token), signal);
      return { granted: answer.isYes, reason: answer.reason };
    }),
    ConfirmToken: handlers.unary(async (request, { peer }) => {
      demandEnrolled(core, peer.identity.id);
      const answer = await core.slots.confirm(peer.identity.id, operationFrom(request.operation), tokenFrom(request.token));
      return { valid: answer.isYes, reason: answer.reason };
    }),
    JudgeHealth: handlers.unary(async (request, { peer, signal }) => {
      demandEnrolled(core, peer.identity.id);
      const found = await core.slots.judge(peer.identity.id, operationFrom(request.operation), tokenFrom(request.token), signal);
      return { verdict: verdicts[found.verdict], reason: found.reason };
    }),
    ReportEnded: handlers.unary(async (request, { peer }) => {
      demandEnrolled(core, peer.identity.id);
      const operation = operationFrom(request.operation);
      const outcome = outcomeFrom(request.outcome);
      // They never keep an end from being heard: where the agent can't gather any, they are as they were.
      const facts =
        request.facts === null ? (hub.live(peer.identity.id)?.facts ?? core.nodes.find(peer.identity.id).facts) : factsFrom(request.facts);
      if (facts === undefined) throw invalid('facts', 'are required');
      const done = {
        operation,
        outcome,
        // What is too long is cut: an ended operation must be told, and will be, whatever it printed.
        message: shown(request.message, agentBounds.endMessage),
        facts,
      };
      if (request.local) {
        await core.nodes.noteLocal(peer.identity.id, done);
      } else {
        const token = request.token === null ? undefined : tokenFrom(request.token);
        await core.slots.ended(peer.identity.id, { ...done, token, outputTail: request.outputTail.slice(-agentBounds.outputTail) });
      }
      if (outcome !== 'needs-operator') hub.ended(peer.identity.id, operation);
      return {};
    }),
    GetPackageKey: handlers.unary(async (request, { peer, signal }) => {
      demandEnrolled(core, peer.identity.id);
      const digest = requireDigest(request.packageDigest, 'package_digest');
      const key = await keys.keyFor(peer.identity.id, digest, operationFrom(request.operation), signal);
      return { contentKey: Buffer.from(key) };
    }),
  };
}
