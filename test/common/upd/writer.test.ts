import { randomBytes } from 'node:crypto';
import { linkSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import * as fc from 'fast-check';
import t from 'tap';
import { UvsError } from '../../../common/errors.ts';
import { openFileSource } from '../../../common/upd/file-source.ts';
import { CHUNK_BYTES } from '../../../common/upd/layout.ts';
import { openPackage } from '../../../common/upd/open.ts';
import { checkContentKey, unwrapContentKey } from '../../../common/upd/recipients.ts';
import { streamContents } from '../../../common/upd/segments.ts';
import { verifyContents } from '../../../common/upd/verify.ts';
import { writePackage, type FileSpec, type PackageSpec, type WriteOptions } from '../../../common/upd/writer.ts';
import { makeTrust, memorySource, refusal, sha256 } from '../../support/upd.ts';

const { key, root } = makeTrust();
const { signal } = new AbortController();
const plainOptions: WriteOptions = { keys: [key], recipients: [], level: 1 };

const fileOf = (path: string, bytes: Uint8Array): FileSpec => ({ ...withoutContent(path), origin: { bytes } });
const withoutContent = (path: string) =>
  ({ path, op: 'put', type: 'file', mode: 0o644, uid: 0, gid: 0, xattrs: {}, config: 'replace', linkGroup: 0 }) as const;
const specOf = (files: PackageSpec['files'], tasks: PackageSpec['tasks'] = []): PackageSpec => ({
  product: 'uvs',
  version: '2.14.17',
  components: { uvs: { epoch: 0, releaseSeq: 17 } },
  minAgent: '0.1.0',
  target: { distro: '', distroVersions: [], archs: [], boards: [], roles: [] },
  kind: 'full',
  requires: [],
  files,
  tasks,
  services: [],
  reboot: false,
  brings: {},
});

/** Reads a package back as its consumer does: contents by path. */
async function readBack(path: string, identity?: string): Promise<ReadonlyMap<string, Buffer>> {
  await using source = await openFileSource(path);
  const pkg = await openPackage(source, { root }, signal);
  const contentKey = identity === undefined ? undefined : await unwrapContentKey(pkg.recipients, identity);
  checkContentKey(pkg.manifest, contentKey);
  await verifyContents(source, pkg, contentKey, signal);
  const files = pkg.manifest.files.filter((entry) => entry.op === 'put' && entry.type === 'file');
  const contents = new Map<string, Buffer>();
  for await (const { content, offset, bytes } of streamContents(source, pkg, files, contentKey, signal)) {
    const before = contents.get(content.path) ?? Buffer.alloc(0);
    t.equal(before.length, offset);
    contents.set(content.path, Buffer.concat([before, bytes]));
  }
  return contents;
}

void t.test('what is packed is unpacked, whatever the contents, encrypted or not', async (t) => {
  const path = join(t.testdir({}), 'a.upd');
  const identity = await generateX25519Identity();
  const recipients = [await identityToRecipient(identity)];
  const pool = [0, 1, 100, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1].map((size) => randomBytes(size));
  const content = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.nat(pool.length - 1).map((index) => pool[index] ?? Buffer.alloc(0)),
  );
  const names = fc.string({ minLength: 1, maxLength: 10, unit: 'grapheme' }).filter((name) => !/[/\p{Cc}\p{Cs}]|^\.\.?$/u.test(name));
  const trees = fc.dictionary(names, content, { maxKeys: 6, noNullPrototype: true });
  await fc.assert(
    fc.asyncProperty(trees, fc.boolean(), async (tree, isEncrypted) => {
      const files = Object.entries(tree).map(([name, bytes]) => fileOf(`d/${name}`, bytes));
      await writePackage(path, specOf(files), isEncrypted ? { ...plainOptions, recipients } : plainOptions, signal);
      const contents = await readBack(path, isEncrypted ? identity : undefined);
      return contents.size === files.length && Object.entries(tree).every(([name, bytes]) => contents.get(`d/${name}`)?.equals(bytes));
    }),
    { numRuns: 12 },
  );
});

void t.test('identical contents are stored once', async (t) => {
  const path = join(t.testdir({}), 'a.upd');
  const bytes = randomBytes(100_000);
  const written = await writePackage(path, specOf(['a', 'b', 'c'].map((name) => fileOf(name, bytes))), plainOptions, signal);
  t.equal(written.plainBytes, bytes.length);
  t.equal((await readBack(path)).get('c')?.compare(bytes), 0);
});

void t.test('the same build gives the same bytes, whatever the order of the spec, where it is not encrypted', async (t) => {
  const directory = t.testdir({});
  const files = ['a', 'b', 'c'].map((name) => fileOf(name, Buffer.from(name.repeat(1000))));
  const one = await writePackage(join(directory, 'one.upd'), specOf(files), plainOptions, signal);
  const two = await writePackage(join(directory, 'two.upd'), specOf(files.toReversed()), plainOptions, signal);
  t.equal(one.digest, two.digest);
  t.equal(sha256(readFileSync(join(directory, 'two.upd'))), two.digest);
  const other = await writePackage(join(directory, 'three.upd'), specOf(files.slice(1)), plainOptions, signal);
  t.not(other.id, one.id, 'another content has another id');
  const named = await writePackage(join(directory, 'four.upd'), specOf(files), { ...plainOptions, id: 'ab'.repeat(16) }, signal);
  t.equal(named.id, 'ab'.repeat(16));
});

void t.test('a package without a barrier is what it was before there were any, to the byte', async (t) => {
  const directory = t.testdir();
  const tree = [{ path: 'etc', op: 'put', type: 'directory', mode: 0o755, uid: 0, gid: 0, xattrs: {} }] as const;
  const build = (name: string, more: Partial<PackageSpec>) =>
    writePackage(join(directory, name), { ...specOf(tree), ...more }, plainOptions, signal);
  const without = await build('without', {});
  t.equal(without.manifestHash, '41b03f037a2b823e91d2a1a0f9f398726319f24de84353a7945a791d9f63112c', 'as the writer of before made it');
  const barrier = { sentence: 'it writes another format', once: { path: 'var/lib/app/format-2' } };
  await build('with', { barrier });
  await using source = await openFileSource(join(directory, 'with'));
  t.strictSame((await openPackage(source, { root }, signal)).manifest.barrier, barrier);
});

void t.test('two encrypted builds of the same content share neither id nor key nor stored bytes', async (t) => {
  const directory = t.testdir({});
  const recipients = [await identityToRecipient(await generateX25519Identity())];
  const build = async (name: string) => {
    await writePackage(join(directory, name), specOf([fileOf('a', Buffer.from('same'))]), { ...plainOptions, recipients }, signal);
    return openPackage(memorySource(readFileSync(join(directory, name))), { root }, signal);
  };
  const [one, two] = [await build('one.upd'), await build('two.upd')];
  t.not(one.manifest.id, two.manifest.id);
  t.not(one.manifest.encryption?.keyCommitment, two.manifest.encryption?.keyCommitment);
  t.not(one.manifest.segments[0]?.sha256, two.manifest.segments[0]?.sha256);
});

void t.test('an id can not be given to an encrypted build, which would use a nonce twice', async (t) => {
  const recipients = [await identityToRecipient(await generateX25519Identity())];
  const options = { ...plainOptions, recipients, id: 'ab'.repeat(16) };
  t.equal(await refusal(() => writePackage(join(t.testdir({}), 'a.upd'), specOf([]), options, signal)), 'INVALID_ARGUMENT');
});

void t.test('a refused or cancelled build leaves nothing behind, and what was there stays', async (t) => {
  const directory = t.testdir({ 'a.upd': 'what was there' });
  const path = join(directory, 'a.upd');
  const missing: FileSpec = { ...withoutContent('a'), origin: { file: join(directory, 'nowhere') } };
  t.equal(await refusal(() => writePackage(path, specOf([missing]), plainOptions, signal)), 'NOT_FOUND');
  t.equal(await refusal(() => writePackage(path, specOf([fileOf('../a', Buffer.alloc(1))]), plainOptions, signal)), 'PACKAGE_MALFORMED');
  t.equal(await refusal(() => writePackage(path, specOf([]), { ...plainOptions, keys: [] }, signal)), 'KEY_MISSING');
  const cancelled = AbortSignal.abort(new UvsError('CANCELLED', 'enough'));
  t.equal(await refusal(() => writePackage(path, specOf([fileOf('a', Buffer.alloc(1))]), plainOptions, cancelled)), 'CANCELLED');
  t.equal(readFileSync(path, 'utf8'), 'what was there');
  t.strictSame(readdirSync(directory), ['a.upd']);
});

void t.test('a file that changes while it is packed is noticed', async (t) => {
  const directory = t.testdir({});
  const source = join(directory, 'growing');
  writeFileSync(source, randomBytes(CHUNK_BYTES * 2));
  const files = [fileOf('a', randomBytes(CHUNK_BYTES)), { ...withoutContent('b'), origin: { file: source } }];
  const options: WriteOptions = { ...plainOptions, onProgress: ({ plainBytes }) => plainBytes === CHUNK_BYTES && truncateSync(source, 5) };
  t.equal(await refusal(() => writePackage(join(directory, 'a.upd'), specOf(files), options, signal)), 'CONFLICT');
});

void t.test('progress goes from nothing to everything', async (t) => {
  const seen: number[] = [];
  const onProgress: WriteOptions['onProgress'] = ({ plainBytes, totalBytes }) => seen.push(plainBytes / totalBytes);
  const files = [fileOf('a', randomBytes(50)), fileOf('b', randomBytes(50))];
  await writePackage(join(t.testdir({}), 'a.upd'), specOf(files), { ...plainOptions, onProgress }, signal);
  t.strictSame(seen, [0.5, 1]);
});

void t.test('hard links keep their group', async (t) => {
  const directory = t.testdir({ one: 'content' });
  linkSync(join(directory, 'one'), join(directory, 'two'));
  const path = join(directory, 'a.upd');
  const files = ['one', 'two'].map((name): FileSpec => ({
    ...withoutContent(name),
    linkGroup: 1,
    origin: { file: join(directory, name) },
  }));
  await writePackage(path, specOf(files), plainOptions, signal);
  t.strictSame([...(await readBack(path)).values()].map(String), ['content', 'content']);
});
