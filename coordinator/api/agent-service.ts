import type { Handlers } from '../../common/rpc/handlers.ts';
import type { AgentServiceHandlers } from '../../proto/gen/uvs/agent/v1/AgentService.ts';
import { demandEnrolled, type AgentHub } from '../agents/hub.ts';
import { operationFrom } from '../agents/session-messages.ts';
import type { Core } from '../core.ts';
import { bounded, factsFrom } from './convert/facts.ts';
import { outcomeFrom } from './convert/outcome.ts';
import { tokenFrom } from './convert/slot.ts';
import { invalid, requireDigest } from './validate.ts';

const MAX_TAIL_CHARS = 16 * 1024;
const MAX_MESSAGE_CHARS = 4096;

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
    ReportEnded: handlers.unary(async (request, { peer }) => {
      demandEnrolled(core, peer.identity.id);
      if (request.facts === null) throw invalid('facts', 'are required');
      const operation = operationFrom(request.operation);
      const outcome = outcomeFrom(request.outcome);
      const done = {
        operation,
        outcome,
        // What is too long is cut: an ended operation must be told, and will be, whatever it printed.
        message: bounded(request.message.slice(0, MAX_MESSAGE_CHARS), 'message', MAX_MESSAGE_CHARS),
        facts: factsFrom(request.facts),
      };
      if (request.local) {
        await core.nodes.noteLocal(peer.identity.id, done);
      } else {
        const token = request.token === null ? undefined : tokenFrom(request.token);
        await core.slots.ended(peer.identity.id, { ...done, token, outputTail: request.outputTail.slice(-MAX_TAIL_CHARS) });
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
