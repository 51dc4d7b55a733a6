import { createSecureContext, type PeerCertificate } from 'node:tls';
import { ChannelCredentials, ServerCredentials } from '@grpc/grpc-js';
import type { Credential } from '../credential.ts';
import type { UvsError } from '../errors.ts';
import { clientTlsOptions, serverTlsOptions, type WithdrawnCheck } from '../tls.ts';

/**
 * Credentials of a channel to a coordinator.
 * @param onRefusal hears why a server's certificate was refused, because grpc-js keeps only the text.
 */
export function channelCredentials(
  credential: Credential,
  isWithdrawn: WithdrawnCheck | undefined,
  onRefusal: (error: UvsError) => void,
): ChannelCredentials {
  const options = clientTlsOptions(credential, isWithdrawn);
  return ChannelCredentials.createFromSecureContext(createSecureContext(options), {
    checkServerIdentity: (host: string, peer: PeerCertificate) => {
      const refusal = options.checkServerIdentity(host, peer);
      if (refusal !== undefined) onRefusal(refusal);
      return refusal;
    },
  });
}

/** grpc-js's own createSsl cannot set a minimum TLS version, so this says the same and TLS 1.3. */
class MutualTlsServerCredentials extends ServerCredentials {
  constructor(options: ReturnType<typeof serverTlsOptions>) {
    const { ca, cert, key, minVersion, requestCert, rejectUnauthorized } = options;
    super({ minVersion, requestCert, rejectUnauthorized }, { ca, cert, key, minVersion });
  }

  override _equals(other: ServerCredentials): boolean {
    return other === this;
  }
}

/** Credentials of a coordinator's gRPC server: mutual TLS 1.3. */
export function serverCredentials(credential: Pick<Credential, 'authority' | 'certificate' | 'key'>): ServerCredentials {
  return new MutualTlsServerCredentials(serverTlsOptions(credential));
}
