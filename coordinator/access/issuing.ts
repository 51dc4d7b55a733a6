import type { IssuedCertificate, Authority } from '../../common/pki.ts';
import { issueIdentity, publicKeyOfRequest } from '../../common/pki.ts';
import type { Identity } from '../../common/tls.ts';
import type { Actor, Core, CredentialRecord } from '../core.ts';
import type { Clock } from '../ports.ts';

export interface IssuingOptions {
  readonly cluster: string;
  readonly authority: Authority;
  readonly core: Pick<Core, 'credentials' | 'cluster'>;
  readonly clock: Clock;
}

/** Signs certificates of the cluster and keeps a record of each. */
export class Issuing {
  readonly #options: IssuingOptions;

  constructor(options: IssuingOptions) {
    this.#options = options;
  }

  get cluster(): string {
    return this.#options.cluster;
  }

  get authorityPem(): string {
    return this.#options.authority.certificatePem;
  }

  /** gRPC addresses of all coordinators. */
  async coordinators(): Promise<readonly string[]> {
    const { members } = await this.#options.core.cluster.describe();
    return members.map((member) => member.grpcAddress);
  }

  /**
   * Signs the public key of a request; with a host name where it is a node's. The record is written before the certificate is handed out: whatever was issued can be withdrawn.
   * @throws UvsError INVALID_ARGUMENT
   */
  async issue(
    whom: Pick<Identity, 'kind' | 'id'>,
    certificateRequest: Uint8Array,
    actor: Actor,
    hostname?: string,
  ): Promise<{ readonly certificate: string; readonly record: CredentialRecord }> {
    const { cluster, authority, core, clock } = this.#options;
    const publicKey = await publicKeyOfRequest(certificateRequest);
    const issued: IssuedCertificate = await issueIdentity(authority, { cluster, ...whom }, publicKey);
    const record: CredentialRecord = {
      serial: issued.serial,
      fingerprint: issued.fingerprint,
      identity: `${whom.kind}/${whom.id}`,
      hostname,
      issuedAt: clock.wallMs(),
      isWithdrawn: false,
    };
    await core.credentials.record(record, actor);
    return { certificate: issued.pem, record };
  }
}
