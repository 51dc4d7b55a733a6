import type { Handlers } from '../../common/rpc/handlers.ts';
import type { EnrolmentServiceHandlers } from '../../proto/gen/uvs/v1/EnrolmentService.ts';
import type { JoinToken } from '../../proto/gen/uvs/v1/JoinToken.ts';
import { enrol } from '../access/enrolment.ts';
import type { Issuing } from '../access/issuing.ts';
import type { JoinTokens } from '../access/join-tokens.ts';
import { hostnameFrom, rolesFrom } from '../agents/session-messages.ts';
import type { Core } from '../core.ts';
import type { Clock } from '../ports.ts';
import { requireInteger, requireName } from './validate.ts';

const MAX_USES = 10_000;
const SHORTEST_SECONDS = 60;
const LONGEST_SECONDS = 604_800;

export interface EnrolmentParts {
  readonly core: Core;
  readonly issuing: Issuing;
  readonly tokens: JoinTokens;
  readonly packageRoot: Uint8Array;
  readonly clock: Clock;
}

/** Brings machines into the cluster. */
export function enrolmentService(handlers: Handlers, parts: EnrolmentParts): EnrolmentServiceHandlers {
  const { core, issuing, tokens, clock } = parts;
  return {
    CreateJoinToken: handlers.unary(async (request, { peer }) => {
      const uses = requireInteger(request.uses, 'uses', 1, MAX_USES);
      const ttlSeconds = requireInteger(request.ttlSeconds, 'ttl_seconds', SHORTEST_SECONDS, LONGEST_SECONDS);
      const { id, text } = await tokens.create(uses, ttlSeconds, { identity: peer.name });
      return { joinToken: tokenMessage({ id, usesLeft: uses, ttlSeconds }), token: text };
    }),
    ListJoinTokens: handlers.unary(async () => ({ joinTokens: (await core.tokens.list()).map(tokenMessage) })),
    RevokeJoinToken: handlers.unary(async (request, { peer }) => {
      await core.tokens.revoke(requireName(request.name, 'joinTokens'), { identity: peer.name });
      return {};
    }),
    Enrol: handlers.unary(async (request, { peer }) => {
      const hostname = hostnameFrom(request.hostname);
      const roles = rolesFrom(request.roles);
      const wish = { tokenId: peer.identity.id, certificateRequest: request.certificateRequest, hostname, roles };
      const enrolled = await enrol(wish, issuing, core, clock);
      return {
        uid: enrolled.uid,
        certificate: enrolled.certificate,
        authority: issuing.authorityPem,
        packageRoot: Buffer.from(parts.packageRoot),
        packageRootChain: Buffer.from(core.packageRoot.current().chain),
        coordinators: [...(await issuing.coordinators())],
      };
    }),
  };
}

function tokenMessage(token: { readonly id: string; readonly usesLeft: number; readonly ttlSeconds: number }): JoinToken {
  return { name: `joinTokens/${token.id}`, usesLeft: token.usesLeft, ttlSeconds: String(token.ttlSeconds) };
}
