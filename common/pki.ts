import 'reflect-metadata';
import { createHash, createPrivateKey, randomBytes, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { UvsError } from './errors.ts';
import { COORDINATOR_NAME, formatIdentityUri, parseIdentityUri, type Identity } from './tls.ts';

/** Certificates don't end and don't wait to begin: no machine's clock is trusted; what must end is withdrawn by list. */
const notBefore = new Date(0);
const notAfter = new Date('9999-12-31T23:59:59Z');

const keyAlgorithm = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const signAlgorithm = { name: 'ECDSA', hash: 'SHA-256' } as const;

/** Who signs: a certificate authority with its key in memory. */
export interface Authority {
  readonly certificatePem: string;
  readonly certificate: x509.X509Certificate;
  readonly key: webcrypto.CryptoKey;
}

export interface IssuedCertificate {
  readonly pem: string;
  /** Hex, 32 digits. */
  readonly serial: string;
  /** sha256 of the DER, hex lower case. */
  readonly fingerprint: string;
}

export interface CertificateWish {
  readonly commonName: string;
  readonly publicKey: webcrypto.CryptoKey;
  readonly altNames: readonly { readonly type: 'dns' | 'ip' | 'url'; readonly value: string }[];
  readonly isServer: boolean;
  readonly isClient: boolean;
}

export interface KeyPairPem {
  /** PKCS #8, PEM; a secret. */
  readonly keyPem: string;
  readonly publicKey: webcrypto.CryptoKey;
}

/** A random 128-bit serial: positive in DER and never zero-led, so that its hex form is one and the same everywhere. */
function newSerial(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes.toString('hex');
}

async function privatePem(key: webcrypto.CryptoKey): Promise<string> {
  return x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY');
}

function fingerprintOf(der: ArrayBuffer): string {
  return createHash('sha256').update(Buffer.from(der)).digest('hex');
}

/** Makes a key pair for a certificate: EC P-256. */
export async function generateKeyPair(): Promise<KeyPairPem> {
  const pair = await webcrypto.subtle.generateKey(keyAlgorithm, true, ['sign', 'verify']);
  return { keyPem: await privatePem(pair.privateKey), publicKey: pair.publicKey };
}

/** Makes a new authority; returns its key once, as PEM. */
export async function createAuthority(commonName: string): Promise<{ authority: Authority; keyPem: string }> {
  const pair = await webcrypto.subtle.generateKey(keyAlgorithm, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: newSerial(),
    name: [{ CN: [commonName] }],
    notBefore,
    notAfter,
    keys: pair,
    signingAlgorithm: signAlgorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(pair.publicKey),
    ],
  });
  return {
    authority: { certificatePem: `${certificate.toString('pem')}\n`, certificate, key: pair.privateKey },
    keyPem: `${await privatePem(pair.privateKey)}\n`,
  };
}

/** Takes an authority from its two PEM texts. @throws UvsError CONFIG_INVALID where they are not one */
export async function loadAuthority(certificatePem: string, keyPem: string): Promise<Authority> {
  try {
    const certificate = new x509.X509Certificate(certificatePem);
    // Through node:crypto, which reads every PEM form of a private key.
    const der = createPrivateKey(keyPem).export({ type: 'pkcs8', format: 'der' });
    const key = await webcrypto.subtle.importKey('pkcs8', Uint8Array.from(der), keyAlgorithm, false, ['sign']);
    return { certificatePem, certificate, key };
  } catch (error) {
    throw new UvsError('CONFIG_INVALID', "the authority's certificate or key can't be read", { cause: error });
  }
}

/** Signs a certificate. */
export async function issueCertificate(authority: Authority, wish: CertificateWish): Promise<IssuedCertificate> {
  const usages = [
    ...(wish.isServer ? [x509.ExtendedKeyUsage.serverAuth] : []),
    ...(wish.isClient ? [x509.ExtendedKeyUsage.clientAuth] : []),
  ];
  const serial = newSerial();
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serial,
    subject: [{ CN: [wish.commonName] }],
    issuer: authority.certificate.subjectName,
    notBefore,
    notAfter,
    publicKey: wish.publicKey,
    signingKey: authority.key,
    signingAlgorithm: signAlgorithm,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension(usages, false),
      new x509.SubjectAlternativeNameExtension(wish.altNames.map((name) => ({ type: name.type, value: name.value }))),
      await x509.AuthorityKeyIdentifierExtension.create(authority.certificate.publicKey),
      await x509.SubjectKeyIdentifierExtension.create(wish.publicKey),
    ],
  });
  return { pem: `${certificate.toString('pem')}\n`, serial, fingerprint: fingerprintOf(certificate.rawData) };
}

/** Signs the certificate of an identity; a coordinator's serves too, everybody else's is a client's. */
export async function issueIdentity(authority: Authority, identity: Identity, publicKey: webcrypto.CryptoKey): Promise<IssuedCertificate> {
  const value = formatIdentityUri(identity);
  if (parseIdentityUri(value) === undefined) {
    throw new UvsError('INVALID_ARGUMENT', `"${identity.cluster}" and "${identity.id}" can't name a ${identity.kind}`, {
      hint: 'Use letters, digits, ".", "_" and "-", at most 63.',
    });
  }
  const uri = { type: 'url', value } as const;
  const isServer = identity.kind === 'coordinator';
  return await issueCertificate(authority, {
    // The common name decides nothing; X.520 caps it at 64 characters, which an id may need alone.
    commonName: identity.id,
    publicKey,
    altNames: isServer ? [{ type: 'dns', value: COORDINATOR_NAME }, uri] : [uri],
    isServer,
    isClient: true,
  });
}

/** Makes a PKCS #10 request, DER, and its key, PEM. */
export async function createCertificateRequest(): Promise<{ request: Uint8Array; keyPem: string }> {
  const pair = await webcrypto.subtle.generateKey(keyAlgorithm, true, ['sign', 'verify']);
  const request = await x509.Pkcs10CertificateRequestGenerator.create({ name: [], keys: pair, signingAlgorithm: signAlgorithm });
  return { request: new Uint8Array(request.rawData), keyPem: `${await privatePem(pair.privateKey)}\n` };
}

/**
 * Takes the public key of a PKCS #10 request and nothing else of it, after proof that the sender holds the private key.
 * @throws UvsError INVALID_ARGUMENT for anything but a correctly signed EC P-256 request of at most 8 KiB
 */
export async function publicKeyOfRequest(der: Uint8Array): Promise<webcrypto.CryptoKey> {
  const refuse = (why: string, cause?: unknown): UvsError =>
    new UvsError('INVALID_ARGUMENT', `the certificate request ${why}`, {
      hint: 'send a PKCS #10 request, DER, with an EC P-256 key',
      cause,
    });
  if (der.length === 0) throw refuse('is empty');
  if (der.length > 8192) throw refuse('is longer than 8 KiB');
  try {
    const request = new x509.Pkcs10CertificateRequest(Uint8Array.from(der));
    if (!(await request.verify())) throw refuse('is not signed by its own key');
    return await request.publicKey.export(keyAlgorithm, ['verify']);
  } catch (error) {
    if (error instanceof UvsError) throw error;
    throw refuse("can't be read", error);
  }
}
