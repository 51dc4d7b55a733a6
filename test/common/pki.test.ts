import { X509Certificate, createPrivateKey } from 'node:crypto';
import t from 'tap';
import { identityOfAltNames, parseIdentityUri } from '../../common/identity.ts';
import {
  createAuthority,
  createCertificateRequest,
  generateKeyPair,
  issueIdentity,
  loadAuthority,
  publicKeyOfRequest,
} from '../../common/pki.ts';
import { reasonOf } from '../support/reason.ts';

t.test('a certificate names its identity, runs 1970 to 9999 and is signed by the authority', async (t) => {
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
  t.same(identityOfAltNames(certificate.subjectAltName), { cluster: 'test', kind: 'node', id: 'n1' });
  t.equal(certificate.ca, false);
  t.equal(root.ca, true);
});

t.test('only the public key of a request is used, and only with proof of the private one', async (t) => {
  const { request, keyPem } = await createCertificateRequest();
  t.equal(createPrivateKey(keyPem).asymmetricKeyType, 'ec');
  await publicKeyOfRequest(request);
  const forged = Uint8Array.from(request);
  const last = forged.length - 1;
  forged[last] = (forged[last] ?? 0) ^ 1;
  t.equal(await reasonOf(publicKeyOfRequest(forged)), 'INVALID_ARGUMENT');
  t.equal(await reasonOf(publicKeyOfRequest(new Uint8Array(0))), 'INVALID_ARGUMENT');
  t.equal(await reasonOf(publicKeyOfRequest(new Uint8Array(9000))), 'INVALID_ARGUMENT');
});

t.test('an identity that is not exactly one of ours is none', async (t) => {
  t.same(parseIdentityUri('uvs://c/admin/a'), { cluster: 'c', kind: 'admin', id: 'a' });
  for (const uri of [
    'uvs://c/root/a',
    'uvs://c/admin/',
    'uvs://c/admin/a/b',
    'http://c/admin/a',
    'uvs:///admin/a',
    'uvs://c/admin/a b',
    'uvs://c/admin/a\n',
  ]) {
    t.equal(parseIdentityUri(uri), undefined, uri);
  }
  t.equal(identityOfAltNames('URI:uvs://c/admin/a, URI:uvs://c/node/b'), undefined, 'two identities');
  t.equal(identityOfAltNames('DNS:"x, URI:uvs://c/admin/a"'), undefined, 'a quoted name');
  t.equal(identityOfAltNames(undefined), undefined);
});
