import { createHash, randomBytes } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { generateKeyPair, issueIdentity, type Authority } from '../../common/pki.ts';
import type { Actor, Core } from '../core.ts';

export interface JoinTokenOptions {
  readonly cluster: string;
  readonly authority: Authority;
  /** sha256 of the package root file, hex. */
  readonly packageRootSha256: string;
  readonly core: Pick<Core, 'tokens' | 'cluster'>;
}

/** Makes the secrets that let machines join. */
export class JoinTokens {
  readonly #options: JoinTokenOptions;

  constructor(options: JoinTokenOptions) {
    this.#options = options;
  }

  /**
   * Makes a token with a bootstrap certificate of its own, whose only right is to enrol while the token has uses left.
   * @returns its id, and its text: base64url of JSON, a secret.
   */
  async create(uses: number, ttlSeconds: number, actor: Actor): Promise<{ readonly id: string; readonly text: string }> {
    const { cluster, authority, packageRootSha256, core } = this.#options;
    const id = randomBytes(16).toString('hex');
    const { keyPem, publicKey } = await generateKeyPair();
    const issued = await issueIdentity(authority, { cluster, kind: 'joining', id }, publicKey);
    const { members } = await core.cluster.describe();
    await core.tokens.create(id, uses, ttlSeconds, actor);
    const text = Buffer.from(
      JSON.stringify({
        v: 1,
        cluster,
        id,
        coordinators: members.map((member) => member.grpcAddress),
        authoritySha256: sha256Hex(new x509.X509Certificate(authority.certificatePem).rawData),
        packageRootSha256,
        certificate: issued.pem,
        key: keyPem,
      }),
    ).toString('base64url');
    return { id, text };
  }
}

function sha256Hex(bytes: ArrayBuffer): string {
  return createHash('sha256').update(Buffer.from(bytes)).digest('hex');
}
