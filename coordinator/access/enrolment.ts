import { randomUUID } from 'node:crypto';
import { publicKeyOfRequest } from '../../common/pki.ts';
import type { Core } from '../core.ts';
import { demandFreeName } from '../name-owner.ts';
import type { Clock } from '../ports.ts';
import type { Issuing } from './issuing.ts';

export interface EnrolmentWish {
  readonly tokenId: string;
  readonly certificateRequest: Uint8Array;
  readonly hostname: string;
  readonly roles: readonly string[];
}

export interface Enrolled {
  readonly uid: string;
  readonly certificate: string;
}

/**
 * Makes a machine a node: judges the request, takes one use of the token, and only then signs.
 * @throws UvsError INVALID_ARGUMENT, ALREADY_EXISTS (the host name), PERMISSION_DENIED (the token), NOT_LEADER
 */
export async function enrol(wish: EnrolmentWish, issuing: Issuing, core: Pick<Core, 'nodes' | 'tokens'>, clock: Clock): Promise<Enrolled> {
  // What can be refused without cost is refused before a use is gone.
  await publicKeyOfRequest(wish.certificateRequest);
  // Who holds a token that is over learns nothing of the nodes.
  await core.tokens.demand(wish.tokenId);
  demandFreeName(core.nodes.list(), wish.hostname);
  await core.tokens.consume(wish.tokenId);
  const uid = randomUUID();
  const actor = { identity: `joining/${wish.tokenId}` };
  const { certificate, record } = await issuing.issue({ kind: 'node', id: uid }, wish.certificateRequest, actor, wish.hostname);
  await core.nodes.enrol(
    {
      uid,
      hostname: wish.hostname,
      roles: wish.roles,
      labels: {},
      addresses: [],
      cordonReason: undefined,
      credential: record.serial,
      enrolledAt: clock.wallMs(),
      facts: undefined,
      acceptedRoles: undefined,
      reportedEpoch: undefined,
    },
    actor,
  );
  return { uid, certificate };
}
