import 'reflect-metadata';
import { createHash, randomBytes, webcrypto, X509Certificate as NodeCertificate } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import type { Credential } from '../../common/credential.ts';
import { COORDINATOR_NAME } from '../../common/tls.ts';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const notBefore = new Date('1970-01-01T00:00:00Z');
const notAfter = new Date('9999-12-31T23:59:59Z');

/** A cluster's certificate authority for tests; certificates run 1970–9999 as the product's do. */
export class TestAuthority {
  readonly cluster: string;
  readonly certificate: string;
  readonly #root: x509.X509Certificate;
  readonly #keys: webcrypto.CryptoKeyPair;

  private constructor(cluster: string, root: x509.X509Certificate, keys: webcrypto.CryptoKeyPair) {
    this.cluster = cluster;
    this.#root = root;
    this.#keys = keys;
    this.certificate = root.toString('pem');
  }

  static async create(cluster = 'test'): Promise<TestAuthority> {
    const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
    const root = await x509.X509CertificateGenerator.createSelfSigned({
      serialNumber: randomBytes(8).toString('hex'),
      name: `CN=${cluster} authority`,
      notBefore,
      notAfter,
      keys,
      signingAlgorithm: algorithm,
      extensions: [new x509.BasicConstraintsExtension(true, 0, true), new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true)],
    });
    return new TestAuthority(cluster, root, keys);
  }

  /** sha256 of the DER, hex. */
  get sha256(): string {
    return createHash('sha256').update(Buffer.from(this.#root.rawData)).digest('hex');
  }

  /** Issues a credential with a key of its own. @param hasServerName whether it carries the coordinators' DNS name; default: only a coordinator's */
  async issue(
    identity: string,
    coordinators: readonly string[] = ['127.0.0.1:1'],
    hasServerName = identity.startsWith('coordinator/'),
  ): Promise<Credential> {
    const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
    const certificate = await this.#sign(identity, keys.publicKey, hasServerName);
    const key = x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY');
    return { cluster: this.cluster, identity, coordinators, authority: this.certificate, certificate, key };
  }

  /** Signs the public key of a PKCS #10 request (DER). */
  async signRequest(identity: string, request: Uint8Array): Promise<string> {
    const parsed = new x509.Pkcs10CertificateRequest(Uint8Array.from(request));
    return await this.#sign(identity, await parsed.publicKey.export(algorithm, ['verify']), false);
  }

  async #sign(identity: string, publicKey: webcrypto.CryptoKey, hasServerName: boolean): Promise<string> {
    const names: x509.JsonGeneralNames = [{ type: 'url', value: `uvs://${this.cluster}/${identity}` }];
    if (hasServerName) names.push({ type: 'dns', value: COORDINATOR_NAME });
    const certificate = await x509.X509CertificateGenerator.create({
      serialNumber: randomBytes(8).toString('hex'),
      subject: `CN=${identity}`,
      issuer: this.#root.subject,
      notBefore,
      notAfter,
      publicKey,
      signingKey: this.#keys.privateKey,
      signingAlgorithm: algorithm,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth, x509.ExtendedKeyUsage.serverAuth]),
        new x509.SubjectAlternativeNameExtension(names),
      ],
    });
    return certificate.toString('pem');
  }
}

/** sha256 fingerprint of a PEM certificate, hex, as withdrawals name it. */
export function fingerprintOfPem(pem: string): string {
  return createHash('sha256').update(new NodeCertificate(pem).raw).digest('hex');
}
