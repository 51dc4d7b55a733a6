import { createHash, X509Certificate } from 'node:crypto';
import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import type { Credential } from './credential.ts';
import { UvsError } from './errors.ts';

/** Every coordinator's certificate carries this DNS name, so that clients may connect to any address and still verify one name. */
export const COORDINATOR_NAME = 'coordinator.uvs';

const kinds = ['node', 'viewer', 'operator', 'admin', 'joining', 'coordinator'] as const;
export type IdentityKind = (typeof kinds)[number];

/** Whom a certificate names, by its URI `uvs://<cluster>/<kind>/<id>`. */
export interface Identity {
  readonly cluster: string;
  readonly kind: IdentityKind;
  readonly id: string;
}

const identityUri = /^uvs:\/\/([A-Za-z0-9._-]{1,63})\/([a-z]+)\/([A-Za-z0-9._-]{1,128})$/;

/** The URI of an identity, as it stands in its certificate. */
export function formatIdentityUri(identity: Identity): string {
  return `uvs://${identity.cluster}/${identity.kind}/${identity.id}`;
}

/** Parses an identity URI; undefined where it is not one. */
export function parseIdentityUri(uri: string): Identity | undefined {
  const [, cluster, kindText, id] = identityUri.exec(uri) ?? [];
  const kind = kinds.find((known) => known === kindText);
  return cluster === undefined || kind === undefined || id === undefined ? undefined : { cluster, kind, id };
}

/**
 * Reads the one identity that a certificate names. @throws UvsError UNAUTHENTICATED where it names none or several.
 * Node quotes names with unusual characters (CVE-2021-44532); no identity needs them, so a quoted one never matches.
 */
export function identityOf(certificate: X509Certificate): Identity {
  const names = (certificate.subjectAltName ?? '').match(/"(?:[^"\\]|\\.)*"|[^,"]+/g) ?? [];
  const found = names.map((name) => name.trim()).filter((name) => name.startsWith('URI:uvs:'));
  const identity = found.length === 1 ? parseIdentityUri((found[0] ?? '').slice('URI:'.length)) : undefined;
  if (identity === undefined) {
    throw new UvsError('UNAUTHENTICATED', `the certificate of ${certificate.subject || 'the peer'} names no identity of a UVS cluster`);
  }
  return identity;
}

/** sha256 of the certificate (DER), hex: how withdrawals and records name it. */
export function fingerprintOf(certificateDer: Uint8Array): string {
  return createHash('sha256').update(certificateDer).digest('hex');
}

/** Whether a certificate has been withdrawn, by its fingerprint. */
export type WithdrawnCheck = (fingerprint: string) => boolean;

/**
 * Options of a TLS client that speaks to coordinators only: TLS 1.3, own certificate, the cluster's authority as the only root, and of the
 * server the name `coordinator.uvs`, a coordinator's identity in the same cluster, and a certificate that was not withdrawn.
 */
export function clientTlsOptions(credential: Credential, isWithdrawn: WithdrawnCheck = () => false) {
  return {
    ca: credential.authority,
    cert: credential.certificate,
    key: credential.key,
    minVersion: 'TLSv1.3' as const,
    servername: COORDINATOR_NAME,
    rejectUnauthorized: true,
    checkServerIdentity: (_host: string, peer: PeerCertificate) => refuseServer(credential.cluster, peer, isWithdrawn),
  };
}

/** The reason to refuse a server's certificate, which is known to be the authority's; undefined: none. */
export function refuseServer(cluster: string, peer: PeerCertificate, isWithdrawn: WithdrawnCheck): UvsError | undefined {
  const misnamed = checkServerIdentity(COORDINATOR_NAME, peer);
  if (misnamed !== undefined) {
    return new UvsError('UNAUTHENTICATED', `the server's certificate is not a coordinator's: it lacks the name ${COORDINATOR_NAME}`, {
      cause: misnamed,
    });
  }
  try {
    const identity = identityOf(new X509Certificate(peer.raw));
    if (identity.kind !== 'coordinator' || identity.cluster !== cluster) {
      return new UvsError('UNAUTHENTICATED', `the server is ${formatIdentityUri(identity)}, not a coordinator of the cluster ${cluster}`);
    }
  } catch (error) {
    return error instanceof UvsError ? error : new UvsError('UNAUTHENTICATED', "the server's certificate cannot be read", { cause: error });
  }
  const fingerprint = fingerprintOf(peer.raw);
  if (!isWithdrawn(fingerprint)) return undefined;
  return new UvsError('CERTIFICATE_WITHDRAWN', `the server's certificate ${fingerprint.slice(0, 16)}… was withdrawn`, {
    hint: 'That coordinator must not be trusted any more; another one must answer.',
    details: { fingerprint },
  });
}

/**
 * Options of a TLS server that demands a client certificate of the cluster's authority (TLS 1.3). The authority is sent along, so that
 * whoever joins can compare its hash before sending anything.
 */
export function serverTlsOptions(credential: Pick<Credential, 'authority' | 'certificate' | 'key'>) {
  return {
    ca: credential.authority,
    cert: `${credential.certificate.trimEnd()}\n${credential.authority}`,
    key: credential.key,
    minVersion: 'TLSv1.3' as const,
    requestCert: true,
    rejectUnauthorized: true,
  };
}
