import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { PemConverter, Pkcs10CertificateRequestGenerator } from '@peculiar/x509';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/** A fresh key and the request for its certificate. */
export interface CertificateRequest {
  /** PKCS #8, PEM; a secret. */
  readonly privateKey: string;
  /** PKCS #10, DER. */
  readonly certificateRequest: Buffer;
}

/** Makes a P-256 key and a request; only the request's public key is used, the name in it is for people who look at it. */
export async function makeCertificateRequest(user: string): Promise<CertificateRequest> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const name = /^[a-z0-9._-]+$/.test(user) ? `CN=${user}` : 'CN=uvs';
  const request = await Pkcs10CertificateRequestGenerator.create({ name, keys, signingAlgorithm: algorithm });
  const privateKey = PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY');
  return { privateKey, certificateRequest: Buffer.from(request.rawData) };
}
