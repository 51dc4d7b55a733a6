import { agentBounds } from '../../common/agent-bounds.ts';
import type { Handlers } from '../../common/rpc/handlers.ts';
import type { AgentServiceHandlers } from '../../proto/gen/uvs/agent/v1/AgentService.ts';
import type { AgentHub } from '../agents/hub.ts';
import { demandEnrolled } from '../agents/not-enrolled.ts';
import { NodeRate } from '../agents/node-rate.ts';
import { operationFrom } from '../agents/session-messages.ts';
import type { HealthVerdict__Output as HealthVerdictMessage } from '../../proto/gen/uvs/agent/v1/HealthVerdict.ts';
import { isVerdict, type PackageTrust } from '../blobs/package-trust.ts';
import type { Core, HealthVerdict } from '../core.ts';
import type { Clock } from '../ports.ts';
import { Turns } from '../turns.ts';
import { factsFrom, shown } from './convert/facts.ts';
import { outcomeFrom } from './convert/outcome.ts';
import { tokenFrom } from './convert/slot.ts';
import { invalid, requireDigest } from './validate.ts';

const verdicts = {
  healthy: 'HEALTH_VERDICT_HEALTHY',
  unhealthy: 'HEALTH_VERDICT_UNHEALTHY',
  undecided: 'HEALTH_VERDICT_UNDECIDED',
} as const satisfies Record<HealthVerdict['verdict'], HealthVerdictMessage>;

/**
 * Ends that are told to the ledger at the same time, of all nodes: a begin or an operator's wish that comes to it meanwhile finds no more of
 * them before it, however many nodes have ended at once.
 */
const ENDS_AT_ONCE = 8;
/** An agent makes one call at a time; one whose answer was late is repeated. */
const WAITING_PER_NODE = 4;
/** Ends from a node's console, each of which is an entry of the audit log. */
const CONSOLE_ENDS = { burst: 10, perSecond: 0.1 };

export interface PackageKeys {
  /** Content key of a package, for a node to which it is assigned. @throws UvsError PERMISSION_DENIED, NOT_FOUND, KEY_WRONG */
  keyFor(uid: string, digest: string, operation: string, signal: AbortSignal): Promise<Uint8Array>;
}

/** What agents call. The node is who its certificate says; no message can name another. */
export function agentService(
  handlers: Handlers,
  core: {
    readonly nodes: Pick<Core['nodes'], 'find' | 'noteLocal'>;
    readonly slots: Pick<Core['slots'], 'begin' | 'confirm' | 'judge' | 'ended' | 'packageFor'>;
  },
  hub: Pick<AgentHub, 'open' | 'live' | 'ending' | 'leftToOperator'>,
  { keys, trust }: { readonly keys: PackageKeys; readonly trust: Pick<PackageTrust, 'demand'> },
  clock: Clock,
): AgentServiceHandlers {
  const questions = new Turns({ atOnce: Infinity, waiting: WAITING_PER_NODE });
  const ends = new Turns({ atOnce: ENDS_AT_ONCE, waiting: WAITING_PER_NODE });
  const consoleEnds = new NodeRate('ends from its console', CONSOLE_ENDS, clock);
  return {
    Session: handlers.duplex((channel) => hub.open(channel)),
    Begin: handlers.unary(async (request, { peer, signal }) => {
      const uid = peer.identity.id;
      demandEnrolled(core, uid);
      const [operation, token] = [operationFrom(request.operation), tokenFrom(request.token)];
      const answer = await questions.take(uid, signal, async () => {
        const revoked = await refusalOf(trust, core.slots.packageFor(uid));
        return revoked === undefined ? await core.slots.begin(uid, operation, token, signal) : { isYes: false, reason: revoked };
      });
      return { granted: answer.isYes, reason: answer.reason };
    }),
    ConfirmToken: handlers.unary(async (request, { peer, signal }) => {
      const uid = peer.identity.id;
      demandEnrolled(core, uid);
      const [operation, token] = [operationFrom(request.operation), tokenFrom(request.token)];
      const answer = await questions.take(uid, signal, () => core.slots.confirm(uid, operation, token));
      return { valid: answer.isYes, reason: answer.reason };
    }),
    JudgeHealth: handlers.unary(async (request, { peer, signal }) => {
      const uid = peer.identity.id;
      demandEnrolled(core, uid);
      const [operation, token] = [operationFrom(request.operation), tokenFrom(request.token)];
      const found = await questions.take(uid, signal, () => core.slots.judge(uid, operation, token, signal));
      return { verdict: verdicts[found.verdict], reason: found.reason };
    }),
    ReportEnded: handlers.unary(async (request, { peer, signal }) => {
      const uid = peer.identity.id;
      demandEnrolled(core, uid);
      const operation = operationFrom(request.operation);
      const outcome = outcomeFrom(request.outcome);
      const isFinal = outcome !== 'needs-operator';
      // They never keep an end from being heard: where the agent can't gather any, they are as they were.
      const facts = request.facts === null ? (hub.live(uid)?.facts ?? core.nodes.find(uid).facts) : factsFrom(request.facts);
      if (facts === undefined) throw invalid('facts', 'are required');
      const done = {
        operation,
        outcome,
        // What is too long is cut: an ended operation must be told, and will be, whatever it printed.
        message: shown(request.message, agentBounds.endMessage),
        facts,
      };
      const token = request.token === null ? undefined : tokenFrom(request.token);
      if (request.local) {
        consoleEnds.demand(uid);
        await ends.take(uid, signal, () =>
          hub.ending(
            uid,
            operation,
            isFinal,
            core.nodes.noteLocal(uid, { ...done, reason: shown(request.noSlotReason, agentBounds.reason) }),
          ),
        );
      } else {
        const report = { ...done, token, outputTail: request.outputTail.slice(-agentBounds.outputTail) };
        await ends.take(uid, signal, () => hub.ending(uid, operation, isFinal, core.slots.ended(uid, report)));
      }
      if (outcome === 'needs-operator') hub.leftToOperator(uid, operation, token);
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

/** Why the package is not taken any more: also of an agent that does not hear of newer root files. Undefined: it is. */
async function refusalOf(trust: Pick<PackageTrust, 'demand'>, digest: string | undefined): Promise<string | undefined> {
  if (digest === undefined) return undefined;
  try {
    await trust.demand(digest);
    return undefined;
  } catch (error) {
    if (isVerdict(error)) return error.message;
    throw error;
  }
}
