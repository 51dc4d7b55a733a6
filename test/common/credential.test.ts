import { chmod, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { X509Certificate } from 'node:crypto';
import t from 'tap';
import { readCredential, writeCredential } from '../../common/credential.ts';
import { formatIdentityUri, identityOf, parseIdentityUri } from '../../common/tls.ts';
import { TestAuthority } from '../support/authority.ts';
import { errorOf } from '../support/failure.ts';

const authority = await TestAuthority.create();
const credential = await authority.issue('node/n1', ['127.0.0.1:7443', '[::1]:7443', 'c1.example:7443']);

void t.test('a credential is written for its owner only and read back', async (t) => {
  const path = join(t.testdir(), 'state/credential.json');
  await writeCredential(path, credential);
  t.equal((await stat(path)).mode & 0o777, 0o600);
  t.same(await readCredential(path), credential);
  t.same(await readdir(join(path, '..')), ['credential.json'], 'no temporary file is left');
});

void t.test('a credential that others can read is refused', async (t) => {
  const path = join(t.testdir(), 'credential.json');
  await writeCredential(path, credential);
  await chmod(path, 0o640);
  t.match(await errorOf(readCredential(path)), { reason: 'CONFIG_INVALID', hint: `Run: chmod 600 ${path}` });
});

void t.test('errors about a credential name the field and never quote the content', async (t) => {
  const path = join(t.testdir(), 'credential.json');
  for (const [text, names] of [
    ['not json: SECRET', 'is not JSON'],
    [JSON.stringify({ ...credential, key: 'SECRET' }), "'key'"],
    [JSON.stringify({ ...credential, key: '-----BEGIN PRIVATE KEY-----\nSECRET' }), "'key' is not the key of 'certificate'"],
    [JSON.stringify({ ...credential, key: (await authority.issue('node/n2')).key }), "'key' is not the key of 'certificate'"],
    [JSON.stringify({ ...credential, extra: 'SECRET' }), "'extra'"],
    [JSON.stringify({ ...credential, coordinators: [] }), "'coordinators'"],
    [JSON.stringify({ ...credential, coordinators: ['unix:///SECRET'] }), "'coordinators.0'"],
  ] as const) {
    await writeFile(path, text, { mode: 0o600 });
    const error = await errorOf(readCredential(path));
    t.match(error, { reason: 'CONFIG_INVALID' });
    t.match(String(error), names);
    t.notMatch(String(error), 'SECRET');
  }
});

void t.test('an identity survives being a URI, and nothing else is one', (t) => {
  const identity = { cluster: 'c-1', kind: 'operator', id: 'alice' } as const;
  t.same(parseIdentityUri(formatIdentityUri(identity)), identity);
  for (const bad of [
    'uvs://c/root/x',
    'uvs://c/node/',
    'uvs://c/node/a/b',
    'uvs://c/node/a%2f',
    'https://c/node/a',
    'uvs://c/node/a, URI:uvs://c/admin/a',
  ]) {
    t.equal(parseIdentityUri(bad), undefined, bad);
  }
  t.end();
});

void t.test('a certificate that smuggles a second identity into its names has none (CVE-2021-44532)', async (t) => {
  t.match(identityOf(new X509Certificate(credential.certificate)), { kind: 'node', id: 'n1' });
  for (const id of ['node/x, URI:uvs://test/admin/root', 'node/x", URI:uvs://test/admin/root']) {
    const forged = await authority.issue(id);
    t.equal((await errorOf(() => identityOf(new X509Certificate(forged.certificate)))).reason, 'UNAUTHENTICATED');
  }
});
