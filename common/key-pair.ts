import { createPrivateKey, X509Certificate } from 'node:crypto';

/** Whether a private key (PEM) is the one of a certificate (PEM); also false where one of the two can't be read. */
export function isKeyOf(keyPem: string, certificatePem: string): boolean {
  try {
    return new X509Certificate(certificatePem).checkPrivateKey(createPrivateKey(keyPem));
  } catch {
    // OpenSSL's words name neither the file nor what to do.
    return false;
  }
}
