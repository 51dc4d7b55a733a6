import { X509Certificate } from 'node:crypto';
import type { PeerCertificate } from 'node:tls';
import { UvsError } from '../errors.ts';
import { fingerprintOf, identityOf, type Identity } from '../tls.ts';

/** Whoever is at the other end of a mutually authenticated connection. */
export interface Peer {
  readonly identity: Identity;
  /** "<kind>/<id>", as in the audit log. */
  readonly name: string;
  /** sha256 of the certificate, hex. */
  readonly fingerprint: string;
}

/**
 * Says who a certificate, which TLS has found to be of the cluster's authority, names.
 * @throws UvsError UNAUTHENTICATED where there is none, or it names nobody of this cluster
 */
export function peerOf(certificate: X509Certificate | Pick<PeerCertificate, 'raw'> | undefined, cluster: string): Peer {
  if (certificate === undefined) throw new UvsError('UNAUTHENTICATED', 'the client sent no certificate');
  const parsed = certificate instanceof X509Certificate ? certificate : new X509Certificate(certificate.raw);
  const identity = identityOf(parsed);
  if (identity.cluster !== cluster) {
    throw new UvsError('UNAUTHENTICATED', `the certificate is of the cluster ${identity.cluster}, this is ${cluster}`);
  }
  return { identity, name: `${identity.kind}/${identity.id}`, fingerprint: fingerprintOf(parsed.raw) };
}
