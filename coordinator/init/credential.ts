import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { writeCredential, type Credential } from '../../common/credential.ts';
import { toUvsError, UvsError } from '../../common/errors.ts';
import { createCertificateRequest, loadAuthority } from '../../common/pki.ts';
import { CoordinatorClient } from '../../common/rpc/client.ts';
import { loadCalls } from '../../proto/load-calls.ts';
import { readCoordinatorConfig, type CoordinatorConfig } from '../config.ts';
import { layout } from '../layout.ts';
import { issueWithKey } from './certificates.ts';
import { readGiven } from './cluster.ts';

export interface CredentialWish {
  /** Folder of a coordinator of the cluster: who can read the authority's key there may do anything anyway. */
  readonly directory: string;
  readonly role: 'viewer' | 'operator' | 'admin';
  readonly user: string;
  /** Must not be there yet. */
  readonly path: string;
}

/** As whom the cluster's audit log names who held the authority's key. */
const holder = { kind: 'admin', id: 'authority' } as const;

/**
 * Issues a credential where none is left to issue it with: with the authority's key it signs one for a moment, which is kept nowhere, and asks
 * the cluster with that. So the new one is on record like every other, and can be withdrawn; without a leader there is none.
 * @returns the identity
 * @throws UvsError ALREADY_EXISTS, NOT_FOUND, CONFIG_INVALID, INVALID_ARGUMENT, UNREACHABLE, NO_LEADER
 */
export async function issueLostCredential(wish: CredentialWish, signal: AbortSignal): Promise<string> {
  const { directory, path, role, user } = wish;
  if ((await lstat(path).catch(() => undefined)) !== undefined) {
    throw new UvsError('ALREADY_EXISTS', `${path} exists already`, { hint: 'Nothing was issued. Name another file with --out.' });
  }
  const config = await readCoordinatorConfig(join(directory, layout.config), '--dir');
  const { request, keyPem } = await createCertificateRequest();
  using client = new CoordinatorClient(await momentary(config), { definition: loadCalls(['uvs/v1/access.proto']) });
  const issued = await client
    .call(
      'uvs.v1.AccessService',
      'IssueCredential',
      { user, role, certificateRequest: Buffer.from(request) },
      { signal, isRepeatable: false },
    )
    .catch((thrown: unknown) => {
      throw explained(thrown);
    });
  const identity = issued.credential?.identity ?? `${role}/${user}`;
  await writeCredential(path, {
    cluster: config.cluster,
    identity,
    coordinators: issued.coordinators,
    authority: issued.authority,
    certificate: issued.certificate,
    key: keyPem,
  });
  return identity;
}

async function momentary({ cluster, certificates, grpc }: CoordinatorConfig): Promise<Credential> {
  const authorityPem = (await readGiven(certificates.authority, 'the authority')).toString();
  const authority = await loadAuthority(authorityPem, (await readGiven(certificates.authorityKey, "the authority's key")).toString());
  const { pem, keyPem } = await issueWithKey(authority, { cluster, ...holder });
  const { host, port } = grpc.listen;
  const listening = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  return {
    cluster,
    identity: `${holder.kind}/${holder.id}`,
    coordinators: [grpc.advertise ?? listening],
    authority: authorityPem,
    certificate: pem,
    key: keyPem,
  };
}

function explained(thrown: unknown): UvsError {
  const { reason, message, details } = toUvsError(thrown);
  if (reason !== 'UNREACHABLE' && reason !== 'NO_LEADER') return toUvsError(thrown);
  return new UvsError(reason, message, {
    details,
    cause: thrown,
    hint: "A coordinator has to run and to lead (systemctl start uvs-coordinator): what is not on the cluster's record can't be withdrawn.",
  });
}
