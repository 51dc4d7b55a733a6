import { createDecipheriv } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Decrypter } from 'age-encryption';
import t from 'tap';
import * as v from 'valibot';
import { openPackage } from '../../../common/upd/open.ts';
import { checkContentKey, unwrapContentKey } from '../../../common/upd/recipients.ts';
import { parseRoot } from '../../../common/upd/root.ts';
import { streamContents } from '../../../common/upd/segments.ts';
import { verifyContents } from '../../../common/upd/verify.ts';
import { memorySource } from '../../support/upd.ts';

// Packages that were built once, by the first version of this format, and are never built again: while these open, format 1 has not changed.
const golden = v.parse(
  v.strictObject({ root: v.string(), identity: v.string(), plain: v.string(), encrypted: v.string() }),
  JSON.parse(readFileSync(new URL('golden.json', import.meta.url), 'utf8')),
);
const root = parseRoot(Buffer.from(golden.root, 'base64'));
const { signal } = new AbortController();

for (const kind of ['plain', 'encrypted'] as const) {
  void t.test(`a package of the first day still opens: ${kind}`, async (t) => {
    const source = memorySource(Buffer.from(golden[kind], 'base64'));
    const pkg = await openPackage(source, { root }, signal);
    t.equal(pkg.manifest.version, '2.14-16.20200317');
    t.strictSame(
      pkg.manifest.files.map(({ path, op }) => `${op} ${path}`),
      ['put opt/uvs/bin', 'put opt/uvs/bin/run', 'put opt/uvs/link', 'put opt/uvs/motd', 'remove opt/uvs/old'],
    );
    const contentKey = kind === 'plain' ? undefined : await unwrapContentKey(pkg.recipients, golden.identity);
    checkContentKey(pkg.manifest, contentKey);
    await verifyContents(source, pkg, contentKey, signal);
    const motd = pkg.manifest.files.filter((entry) => entry.op === 'put' && entry.type === 'file' && entry.path === 'opt/uvs/motd');
    const wanted = motd.filter((entry) => 'extents' in entry);
    for await (const { bytes } of streamContents(source, pkg, wanted, contentKey, signal)) t.equal(bytes.toString(), 'Welcome.\n');
  });
}

void t.test('the cipher is what the document says, done by hand', async (t) => {
  const bytes = Buffer.from(golden.encrypted, 'base64');
  const { manifest, segmentsOffset, recipients } = await openPackage(memorySource(bytes), { root }, signal);
  const decrypter = new Decrypter();
  decrypter.addIdentity(golden.identity);
  const key = await decrypter.decrypt(recipients);
  const stored = bytes.subarray(segmentsOffset);
  const decipher = createDecipheriv('aes-256-gcm', key, Buffer.alloc(12));
  decipher.setAAD(Buffer.from(`${manifest.id}0000000000000001`, 'hex'));
  decipher.setAuthTag(stored.subarray(-16));
  const frame = Buffer.concat([decipher.update(stored.subarray(0, -16)), decipher.final()]);
  t.equal(frame.readUInt32LE(0), 0xfd2fb528);
});
