import { X509Certificate, createPrivateKey } from 'node:crypto';
import t from 'tap';
import {
  createAuthority,
  createCertificateRequest,
  generateKeyPair,
  issueIdentity,
  loadAuthority,
  publicKeyOfRequest,
} from '../../common/pki.ts';
import { identityOf } from '../../common/tls.ts';
import { errorOf } from '../support/failure.ts';

void t.test('a certificate names its identity, runs 1970 to 9999 and is signed by the authority', async (t) => {
  const { authority, keyPem } = await createAuthority('UVS test');
  const { publicKey } = await generateKeyPair();
  const again = await loadAuthority(authority.certificatePem, keyPem);
  const issued = await issueIdentity(again, { cluster: 'test', kind: 'node', id: 'n1' }, publicKey);
  const certificate = new X509Certificate(issued.pem);
  const root = new X509Certificate(authority.certificatePem);
  t.ok(certificate.verify(root.publicKey) && certificate.checkIssued(root));
  t.equal(certificate.validFrom, 'Jan  1 00:00:00 1970 GMT');
  t.equal(certificate.validTo, 'Dec 31 23:59:59 9999 GMT');
  t.equal(certificate.serialNumber.toLowerCase(), issued.serial);
  t.equal(certificate.fingerprint256.replaceAll(':', '').toLowerCase(), issued.fingerprint);
  t.same(identityOf(certificate), { cluster: 'test', kind: 'node', id: 'n1' });
  t.equal(certificate.ca, false);
  t.equal(root.ca, true);
});

void t.test('only the public key of a request is used, and only with proof of the private one', async (t) => {
  const { request, keyPem } = await createCertificateRequest();
  t.equal(createPrivateKey(keyPem).asymmetricKeyType, 'ec');
  await publicKeyOfRequest(request);
  const forged = Uint8Array.from(request);
  const last = forged.length - 1;
  forged[last] = (forged[last] ?? 0) ^ 1;
  t.match(await errorOf(publicKeyOfRequest(forged)), { reason: 'INVALID_ARGUMENT' });
  t.match(await errorOf(publicKeyOfRequest(new Uint8Array(0))), { reason: 'INVALID_ARGUMENT' });
  t.match(await errorOf(publicKeyOfRequest(new Uint8Array(9000))), { reason: 'INVALID_ARGUMENT' });
});

void t.test('an identity that could not be read back is not signed', async (t) => {
  const { authority } = await createAuthority('UVS test');
  const { publicKey } = await generateKeyPair();
  for (const id of ['', 'a/b', 'a b', 'a\n', 'é']) {
    t.equal(
      (await errorOf(issueIdentity(authority, { cluster: 'test', kind: 'admin', id }, publicKey))).reason,
      'INVALID_ARGUMENT',
      JSON.stringify(id),
    );
  }
});
