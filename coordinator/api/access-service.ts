import type { Handlers } from '../../common/rpc/handlers.ts';
import { toTimestamp } from '../../common/rpc/proto-time.ts';
import type { AccessServiceHandlers } from '../../proto/gen/uvs/v1/AccessService.ts';
import type { Credential } from '../../proto/gen/uvs/v1/Credential.ts';
import type { Issuing } from '../access/issuing.ts';
import type { Core, CredentialRecord } from '../core.ts';
import { paginate } from './page.ts';
import { invalid, pageSize, requireName, requireReason } from './validate.ts';

/** Credentials of people and tools. */
export function accessService(handlers: Handlers, core: Core, issuing: Issuing): AccessServiceHandlers {
  return {
    IssueCredential: handlers.unary(async (request, { peer }) => {
      if (!/^[a-z0-9][a-z0-9._-]{0,62}$/.test(request.user)) throw invalid('user', 'must be [a-z0-9][a-z0-9._-]{0,62}');
      const role = roleFrom(request.role);
      const issued = await issuing.issue({ kind: role, id: request.user }, request.certificateRequest, { identity: peer.name });
      return {
        credential: credentialMessage(issued.record),
        certificate: issued.certificate,
        authority: issuing.authorityPem,
        coordinators: [...(await issuing.coordinators())],
      };
    }),
    ListCredentials: handlers.unary(async (request) => {
      const all = await core.credentials.list();
      const page = paginate(all, (credential) => credential.serial, pageSize(request.pageSize, 100), request.pageToken);
      return { credentials: page.items.map(credentialMessage), nextPageToken: page.nextPageToken };
    }),
    GetCredential: handlers.unary(async (request) => ({
      credential: credentialMessage(await core.credentials.find(requireName(request.name, 'credentials'))),
    })),
    WithdrawCredential: handlers.unary(async (request, { peer }) => {
      const serial = requireName(request.name, 'credentials');
      const reason = requireReason(request.reason);
      return { credential: credentialMessage(await core.credentials.withdraw(serial, reason, { identity: peer.name })) };
    }),
  };
}

function roleFrom(text: string): 'viewer' | 'operator' | 'admin' {
  if (text === 'viewer' || text === 'operator' || text === 'admin') return text;
  throw invalid('role', 'must be viewer, operator or admin');
}

function credentialMessage(record: CredentialRecord): Credential {
  return {
    name: `credentials/${record.serial}`,
    identity: record.identity,
    hostname: record.hostname ?? '',
    withdrawn: record.isWithdrawn,
    issueTime: toTimestamp(record.issuedAt),
  };
}
