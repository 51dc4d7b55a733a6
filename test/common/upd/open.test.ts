import t from 'tap';
import { encodeParts, MAGIC, PART_CAPS, type PartName } from '../../../common/upd/container.ts';
import { generateSigningKey, signBytes } from '../../../common/upd/keys.ts';
import { hashManifest, openPackage, readUnverified, verifyManifestSignatures } from '../../../common/upd/open.ts';
import { parseManifest } from '../../../common/upd/manifest-parse.ts';
import { encodeRoot, encodeRootChain, parseRoot } from '../../../common/upd/root.ts';
import { signRoot } from '../../support/root-chain.ts';
import { encodeSignatures } from '../../../common/upd/signatures.ts';
import { errorOf } from '../../support/failure.ts';
import { assemblePackage, makeTrust, memorySource, refusal, rootOf, sampleManifest, zstdFrame } from '../../support/upd.ts';

const plain = Buffer.from('Welcome.\n');
const stored = zstdFrame(plain);
const manifest = sampleManifest([stored], [plain]);
const manifestBytes = Buffer.from(JSON.stringify(manifest));
const { key, root } = makeTrust();
const good = assemblePackage(manifest, [stored], [key]);
const { signal } = new AbortController();

const open = (bytes: Uint8Array, trusted = root) => openPackage(memorySource(bytes), { root: trusted }, signal);
const refused = (bytes: Uint8Array, trusted = root) => refusal(() => open(bytes, trusted));
const withSignatures = (signatures: Uint8Array) => assemblePackage(manifest, [stored], [], { signatures });

void t.test('a sound package opens, and says who signed it', async (t) => {
  const pkg = await open(good);
  t.strictSame(pkg.manifest, manifest);
  t.equal(pkg.manifestHash, hashManifest(manifestBytes));
  t.strictSame(pkg.signers, [{ role: 'vendor', keyIds: [key.keyId] }]);
  t.equal(pkg.root.sha256, root.sha256);
  t.equal(good.subarray(pkg.segmentsOffset).compare(stored), 0);
});

void t.test('a package that is cut anywhere is refused as truncated', async (t) => {
  for (let length = 0; length < good.length; length += 1) {
    const reason = await refused(good.subarray(0, length));
    if (reason !== 'PACKAGE_TRUNCATED') t.equal(reason, 'PACKAGE_TRUNCATED', `cut to ${length} bytes`);
  }
});

void t.test('a file that is shorter than a package’s first bytes and is none is told as that, not as one that ends early', async (t) => {
  for (const bytes of ['#!', 'UVSUPX', 'hello\n', '\0'])
    t.equal(await refused(Buffer.from(bytes)), 'PACKAGE_MALFORMED', JSON.stringify(bytes));
  t.equal(await refused(Buffer.from('UVSUP')), 'PACKAGE_TRUNCATED');
  t.equal(await refused(Buffer.alloc(0)), 'PACKAGE_TRUNCATED', 'nothing came');
});

void t.test('a single flipped bit anywhere before the segments is refused', async (t) => {
  const head = good.length - stored.length;
  for (let at = 0; at < head; at += 1) {
    const damaged = Buffer.from(good);
    damaged.writeUInt8(damaged.readUInt8(at) ^ 1, at);
    if ((await refused(damaged)) === undefined) t.fail(`byte ${at} flipped and not noticed`);
  }
});

void t.test('a manifest that is damaged on its way, and one that was signed as badly as it is, say each what to do', async (t) => {
  const damaged = Buffer.from(good);
  const at = good.indexOf(manifestBytes);
  damaged.writeUInt8(damaged.readUInt8(at) ^ 1, at);
  const onItsWay = { reason: 'PACKAGE_MALFORMED', hint: /damaged on its way.*get it again.*sha256.*"upd verify"/ } as const;
  t.match(await errorOf(readUnverified(memorySource(damaged), signal)), onItsWay);
  t.match(await errorOf(open(damaged)), { reason: 'SIGNATURE_INVALID', hint: /altered or damaged; get it again/ });
  t.match(await errorOf(open(Buffer.concat([good, Buffer.alloc(1)]))), onItsWay, 'what follows is signed by nobody');
  const bad = assemblePackage({ ...manifest, segments: [] }, [stored], [key]);
  t.match(await errorOf(open(bad)), { reason: 'PACKAGE_MALFORMED', hint: /signatures hold.*built anew/ });
});

void t.test('a chain of root files that is damaged on its way, in itself or in a root file, says what to do', async (t) => {
  const next = encodeRoot({ ...root.root, version: 2 });
  const rootChain = encodeRootChain([signRoot(next, [key])]);
  const sound = assemblePackage(manifest, [stored], [key], { rootChain });
  t.equal((await open(sound)).root.root.version, 2);
  const damagedNext = Buffer.from(Buffer.from(next).toString().replace('"format"', '#format"'));
  for (const [what, damaged] of [
    ['root chain', Buffer.concat([Buffer.from('#'), rootChain.subarray(1)])],
    ['root file', encodeRootChain([{ ...signRoot(next, [key]), bytes: damagedNext }])],
  ] as const) {
    t.match(await errorOf(open(assemblePackage(manifest, [stored], [key], { rootChain: damaged }))), {
      reason: 'ROOT_INVALID',
      message: new RegExp(`The ${what} is not strict JSON`),
      hint: /damaged on its way.*get it again.*sha256.*Digest/,
    });
  }
});

void t.test('bytes after the last segment are refused', async (t) => {
  t.equal(await refused(Buffer.concat([good, Buffer.alloc(1)])), 'PACKAGE_MALFORMED');
});

void t.test('a file that is no package, and one of a later format, are told apart', async (t) => {
  t.equal(await refused(Buffer.from('PK\x03\x04 something else entirely')), 'PACKAGE_MALFORMED');
  t.equal(await refused(Buffer.concat([Buffer.from('UVSUPD0\n'), good.subarray(8)])), 'PACKAGE_MALFORMED', 'there never was one');
  t.equal(await refused(Buffer.concat([Buffer.from('UVSUPD2\n'), good.subarray(8)])), 'PACKAGE_FORMAT_TOO_NEW');
});

void t.test('a length above its cap is refused before anything of it is read', async (t) => {
  const names: readonly PartName[] = ['signatures', 'rootChain', 'recipients', 'manifest'];
  for (const [index, name] of names.entries()) {
    const before = names.slice(0, index).map((_, part) => {
      // Signatures must name a known key for the reading to go on.
      const bytes = part === 0 ? signaturesOf(good) : Buffer.alloc(0);
      return Buffer.concat([u32(bytes.length), bytes]);
    });
    const bytes = Buffer.concat([MAGIC, ...before, u32(PART_CAPS[name] + 1), Buffer.alloc(64 * 1024)]);
    const source = { ...memorySource(bytes), sizeBytes: 2 ** 40 };
    let largest = 0;
    const read = source.read.bind(source);
    const watched = {
      sizeBytes: source.sizeBytes,
      read: (offset: number, length: number, stop: AbortSignal) => {
        largest = Math.max(largest, length);
        return read(offset, length, stop);
      },
    };
    t.equal(await refusal(() => openPackage(watched, { root }, signal)), 'PACKAGE_MALFORMED', name);
    t.ok(largest <= 64 * 1024, `${name}: at most ${largest} bytes were asked for`);
  }
});

void t.test('parts above their caps are not written', async (t) => {
  const empty = Buffer.alloc(0);
  const parts = { signatures: Buffer.alloc(PART_CAPS.signatures + 1), rootChain: empty, recipients: empty, manifest: empty };
  t.equal(await refusal(() => encodeParts(parts)), 'PACKAGE_MALFORMED');
});

void t.test('missing signatures are refused', async (t) => {
  t.equal(await refused(withSignatures(Buffer.alloc(0))), 'SIGNATURE_MISSING');
  t.equal(await refused(withSignatures(Buffer.from('[]'))), 'SIGNATURE_MISSING');
});

void t.test('a bad signature is refused, even beside a good one', async (t) => {
  const other = generateSigningKey();
  const both = rootOf({ version: 1, root: { keys: [key], threshold: 1 }, vendor: { keys: [key, other], threshold: 1, products: ['uvs'] } });
  const bad = { keyId: other.keyId, signature: signBytes('manifest', Buffer.from('something else'), other).signature };
  const signatures = Buffer.from(JSON.stringify(encodeSignatures([signBytes('manifest', manifestBytes, key), bad])));
  t.equal(await refused(withSignatures(signatures), both), 'SIGNATURE_INVALID');
});

void t.test('a signature made for another purpose is refused', async (t) => {
  const signatures = Buffer.from(JSON.stringify(encodeSignatures([signBytes('root', manifestBytes, key)])));
  t.equal(await refused(withSignatures(signatures)), 'SIGNATURE_INVALID');
});

void t.test('a doubled signature is refused', async (t) => {
  const twice = encodeSignatures([signBytes('manifest', manifestBytes, key), signBytes('manifest', manifestBytes, key)]);
  t.equal(await refused(withSignatures(Buffer.from(JSON.stringify(twice)))), 'PACKAGE_MALFORMED');
});

void t.test('one key does not count for two, however it is written', async (t) => {
  const two = rootOf({
    version: 1,
    root: { keys: [key], threshold: 1 },
    vendor: { keys: [key, generateSigningKey()], threshold: 2, products: ['uvs'] },
  });
  t.equal(await refused(good, two), 'SIGNATURE_MISSING');
});

void t.test('as many keys as the threshold demands open a package, whoever else signed', async (t) => {
  const [second, stranger] = [generateSigningKey(), generateSigningKey()];
  const two = rootOf({ version: 1, root: { keys: [key], threshold: 1 }, vendor: { keys: [key, second], threshold: 2, products: ['uvs'] } });
  const pkg = await open(assemblePackage(manifest, [stored], [stranger, key, second]), two);
  t.same(new Set(pkg.signers[0]?.keyIds), new Set([key.keyId, second.keyId]));
});

void t.test('a package of too few keys says which of its signatures are by keys that the root does not have, or has no more', async (t) => {
  const [second, revoked] = [generateSigningKey(), generateSigningKey()];
  const two = rootOf({ version: 4, root: { keys: [key], threshold: 1 }, vendor: { keys: [key, second], threshold: 2, products: ['uvs'] } });
  await t.rejects(open(assemblePackage(manifest, [stored], [key, revoked]), two), {
    reason: 'SIGNATURE_MISSING',
    message: new RegExp(`1 of 2 vendor keys\\..* version 4 does not know the keys: ${revoked.keyId}\\.$`),
  });
});

void t.test("a stranger's package is refused before its manifest is even fetched", async (t) => {
  const large = sampleManifest([stored], [plain]);
  const bytes = assemblePackage(
    { ...large, services: Array.from({ length: 1000 }, (_, n) => `unit-${n}@${'x'.repeat(60)}.service`) },
    [stored],
    [generateSigningKey()],
  );
  const source = memorySource(bytes);
  t.equal(await refusal(() => openPackage(source, { root }, signal)), 'KEY_UNKNOWN');
  t.ok(source.reads.reduce((total, { length }) => total + length, 0) <= 32 * 1024);
});

void t.test('signatures are verified before the manifest is parsed', async (t) => {
  const nonsense = Buffer.from('{"this is": "no manifest", ');
  const unsigned = assemblePackage(nonsense, [], [], { signatures: signaturesOf(good) });
  t.equal(await refused(unsigned), 'SIGNATURE_INVALID');
  t.equal(await refused(assemblePackage(nonsense, [], [key])), 'PACKAGE_MALFORMED');
});

void t.test('lists of signatures are strict', async (t) => {
  const [entry] = [{ keyId: key.keyId, signature: Buffer.from(signBytes('manifest', manifestBytes, key).signature).toString('base64') }];
  const lists: readonly unknown[] = [
    {},
    [1],
    [{ ...entry, note: '' }],
    [{ ...entry, keyId: key.keyId.toUpperCase() }],
    [{ ...entry, signature: `${entry?.signature} ` }],
    [{ ...entry, signature: entry?.signature.replaceAll('=', '') }],
    Array.from({ length: 65 }, (_, n) => ({ ...entry, keyId: n.toString(16).padStart(64, '0') })),
  ];
  for (const list of lists) t.equal(await refused(withSignatures(Buffer.from(JSON.stringify(list)))), 'PACKAGE_MALFORMED');
});

void t.test('a product that the root file does not name is refused', async (t) => {
  t.equal(await refused(assemblePackage({ ...manifest, product: 'other' }, [stored], [key])), 'TARGET_MISMATCH');
});

void t.test('a site key signs its own products and not the vendor’s', async (t) => {
  const site = generateSigningKey();
  const trusted = rootOf({
    version: 1,
    root: { keys: [key], threshold: 1 },
    vendor: { keys: [key], threshold: 1, products: ['uvs'] },
    site: { keys: [site], threshold: 1, products: ['local'] },
  });
  t.equal(await refused(assemblePackage(manifest, [stored], [site]), trusted), 'TARGET_MISMATCH');
  const order = { epoch: 0, releaseSeq: 1 };
  const brings = { local: '1', nginx: '1.22' };
  const local = { ...manifest, product: 'local', components: { local: order }, brings };
  const pkg = await open(assemblePackage(local, [stored], [site]), trusted);
  t.strictSame(pkg.signers, [{ role: 'site', keyIds: [site.keyId] }]);
  const claiming = assemblePackage({ ...local, brings: { ...brings, uvs: '9.9.9' } }, [stored], [site]);
  t.match(await errorOf(open(claiming, trusted)), {
    reason: 'TARGET_MISMATCH',
    message: 'The package of product "local" says that it brings version 9.9.9 of "uvs", which is the vendor\'s product by the root file.',
  });
  const both = rootOf({ ...trusted.root, version: 1, site: { keys: [site], threshold: 1, products: ['local', 'uvs'] } });
  t.equal((await open(claiming, both)).manifest.brings['uvs'], '9.9.9', 'where the site may sign that product too');

  const of = (product: string, components: readonly string[], by: typeof key) =>
    assemblePackage({ ...manifest, product, components: Object.fromEntries(components.map((name) => [name, order])) }, [stored], [by]);
  for (const name of ['uvs', 'kernel'])
    t.equal(await refused(of('local', ['local', name], site), trusted), 'TARGET_MISMATCH', `nor brings the component ${name}`);
  t.equal(await refused(of('uvs', ['local'], key), trusted), 'TARGET_MISMATCH', 'nor the vendor the site’s');
  t.equal((await open(of('uvs', ['uvs', 'kernel'], key), trusted)).manifest.product, 'uvs');
});

void t.test('recipients without encryption, and encryption without recipients, are refused', async (t) => {
  t.equal(await refused(assemblePackage(manifest, [stored], [key], { recipients: Buffer.from('x') })), 'PACKAGE_MALFORMED');
  const encrypted = { ...manifest, encryption: { cipher: 'AES-256-GCM', keyCommitment: 'a'.repeat(64) } };
  t.equal(await refused(assemblePackage(encrypted, [stored], [key])), 'PACKAGE_MALFORMED');
});

void t.test('a package whose chain withdraws its key is refused, and so are its stored bytes later', async (t) => {
  const next = generateSigningKey();
  const newer = encodeRoot({
    format: 1,
    version: 2,
    root: { keys: [key], threshold: 1 },
    vendor: { keys: [next], threshold: 1, products: ['uvs'] },
  });
  const rootChain = encodeRootChain([signRoot(newer, [key])]);
  t.equal(await refused(assemblePackage(manifest, [stored], [key], { rootChain })), 'KEY_UNKNOWN');
  const pkg = await open(assemblePackage(manifest, [stored], [next], { rootChain }));
  t.equal(pkg.root.root.version, 2);

  const before = await open(good);
  t.ok(verifyManifestSignatures(before.manifestBytes, before.signatures, root, manifest));
  const under = parseRoot(newer);
  t.equal(await refusal(() => verifyManifestSignatures(before.manifestBytes, before.signatures, under, manifest)), 'KEY_UNKNOWN');
});

void t.test('an unverified package can be looked at', async (t) => {
  const pkg = await readUnverified(memorySource(good), signal);
  t.strictSame(pkg.manifest, manifest);
  t.strictSame(
    pkg.claimedSigners.map(({ keyId }) => keyId),
    [key.keyId],
  );
});

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function signaturesOf(pkg: Buffer): Buffer {
  return pkg.subarray(12, 12 + pkg.readUInt32BE(8));
}

void t.test(
  'of a package that brings an undeclared setuid program nothing is taken, and a stored manifest of an earlier agent stays readable',
  async (t) => {
    const files = manifest.files.map((entry) => (entry.op === 'put' && entry.type === 'file' ? { ...entry, mode: 0o4755 } : entry));
    const undeclared = { ...manifest, files };
    const bytes = assemblePackage(undeclared, [stored], [key]);
    t.match(await errorOf(open(bytes)), {
      reason: 'PACKAGE_MALFORMED',
      message: /is setuid, and the manifest does not declare that/,
      hint: /built anew with this version of "upd"/,
    });
    t.match((await readUnverified(memorySource(bytes), signal)).manifest, { files }, 'people can look at it');
    t.strictSame(parseManifest(Buffer.from(JSON.stringify(undeclared))), undeclared);
  },
);
