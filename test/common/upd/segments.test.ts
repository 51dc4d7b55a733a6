import { createDecipheriv, randomBytes } from 'node:crypto';
import { constants, zstdCompressSync } from 'node:zlib';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import t from 'tap';
import type { Manifest, Segment } from '../../../common/upd/manifest.ts';
import { openPackage } from '../../../common/upd/open.ts';
import { checkContentKey, unwrapContentKey, wrapContentKey } from '../../../common/upd/recipients.ts';
import { commitmentOf, encryptSegment } from '../../../common/upd/segment-cipher.ts';
import { readSegment, streamContents } from '../../../common/upd/segments.ts';
import { verifyContents, verifyStored } from '../../../common/upd/verify.ts';
import { walkZstdFrame } from '../../../common/upd/zstd-frame.ts';
import { assemblePackage, makeTrust, memorySource, refusal, sampleManifest, sha256, zstdFrame } from '../../support/upd.ts';

const { key, root } = makeTrust();
const { signal } = new AbortController();
const plains = [randomBytes(5000), randomBytes(6000)];
const frames = plains.map((plain) => zstdFrame(plain));

/** Opens a validly signed package of these stored segments, whatever they are. */
async function open(stored: readonly Buffer[], change: (manifest: Manifest) => Manifest = (manifest) => manifest, recipients?: Uint8Array) {
  const bytes = assemblePackage(change(sampleManifest(stored, plains)), stored, [key], recipients === undefined ? {} : { recipients });
  const source = memorySource(bytes);
  return { source, pkg: await openPackage(source, { root }, signal) };
}

async function readRefused(stored: Buffer, plainLength?: number) {
  const { source, pkg } = await open([stored], (manifest) => ({
    ...manifest,
    segments: manifest.segments.map((segment): Segment => ({ ...segment, plainLength: plainLength ?? segment.plainLength })),
    files: [],
  }));
  return refusal(() => readSegment(source, pkg, 0, undefined, signal));
}

void t.test('segments are read back', async (t) => {
  const { source, pkg } = await open(frames);
  t.strictSame(await Promise.all([0, 1].map((index) => readSegment(source, pkg, index, undefined, signal))), plains);
});

const first = frames[0] ?? Buffer.alloc(0);
const plain = plains[0] ?? Buffer.alloc(0);
const skippable = Buffer.concat([Buffer.from([0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0]), randomBytes(4)]);
const streamed = zstdCompressSync(plain, { params: { [constants.ZSTD_c_contentSizeFlag]: 0 } });
const validlySigned: Readonly<Record<string, readonly [Buffer, number?]>> = {
  'two zstd frames': [Buffer.concat([first, zstdFrame(Buffer.from('hidden'))])],
  'garbage after the frame': [Buffer.concat([first, Buffer.from('garbage')])],
  'one byte after the frame': [Buffer.concat([first, Buffer.alloc(1)])],
  'an empty frame after the frame': [Buffer.concat([first, zstdFrame(Buffer.alloc(0))])],
  'a skippable frame first': [Buffer.concat([skippable, first])],
  'a skippable frame after': [Buffer.concat([first, skippable])],
  'a cut frame': [first.subarray(0, -1)],
  'no frame': [randomBytes(100)],
  'a frame that does not state its size': [streamed],
  'a larger plain size than stated': [first, plain.length - 1],
  'a smaller plain size than stated': [first, plain.length + 1],
  'a frame that states more than it has': [lying(first, plain.length + 1), plain.length + 1],
  'a frame that states less than it has': [lying(first, plain.length - 1), plain.length - 1],
  'a window above 8 MiB': [wideWindow(), 1],
  'a reserved bit': [flip(first, 4, 0x08)],
  'a dictionary': [flip(first, 4, 0x01)],
};

for (const [what, [stored, plainLength]] of Object.entries(validlySigned)) {
  void t.test(`a validly signed segment with ${what} is refused`, async (t) => {
    t.equal(await readRefused(stored, plainLength), 'PACKAGE_CORRUPT');
  });
}

void t.test('a frame is walked to its end, with a checksum and with many blocks', async (t) => {
  for (const size of [1, 255, 256, 65_791, 65_792, 300_000, 3_000_000]) {
    for (const checksum of [0, 1]) {
      for (const content of [randomBytes(size), Buffer.alloc(size)]) {
        const frame = zstdCompressSync(content, {
          pledgedSrcSize: size,
          params: { [constants.ZSTD_c_contentSizeFlag]: 1, [constants.ZSTD_c_checksumFlag]: checksum },
        });
        t.match(walkZstdFrame(frame), { contentSize: size, length: frame.length });
        t.match(walkZstdFrame(Buffer.concat([frame, frame])), { length: frame.length });
      }
    }
  }
});

void t.test('a flipped bit in a stored segment is found without a key', async (t) => {
  const { source, pkg } = await open(frames);
  const bytes = Buffer.from(await source.read(0, source.sizeBytes, signal));
  bytes.writeUInt8(bytes.readUInt8(pkg.segmentsOffset + 40) ^ 1, pkg.segmentsOffset + 40);
  t.equal(await refusal(() => readSegment(memorySource(bytes), pkg, 0, undefined, signal)), 'PACKAGE_CORRUPT');
  t.equal(await refusal(() => verifyStored(memorySource(bytes), pkg, signal)), 'PACKAGE_CORRUPT');
});

void t.test('encrypted segments', async (t) => {
  const identity = await generateX25519Identity();
  const recipient = await identityToRecipient(identity);
  const contentKey = randomBytes(32);
  const id = 'ab'.repeat(16);
  const seal = (index: number, count = 2, packageId = id, sealKey = contentKey) =>
    encryptSegment(frames[index] ?? Buffer.alloc(0), sealKey, { id: packageId, index, count });
  const encrypted = (manifest: Manifest): Manifest => ({
    ...manifest,
    id,
    encryption: { cipher: 'AES-256-GCM', keyCommitment: commitmentOf(contentKey) },
  });
  const recipients = await wrapContentKey(contentKey, [recipient]);
  const read = async (stored: readonly Buffer[], index: number, usedKey: Uint8Array | undefined = contentKey) => {
    const { source, pkg } = await open(stored, encrypted, recipients);
    return readSegment(source, pkg, index, usedKey, signal);
  };

  void t.test('are read with the key that an identity unwraps', async (t) => {
    const { source, pkg } = await open([seal(0), seal(1)], encrypted, recipients);
    const unwrapped = await unwrapContentKey(pkg.recipients, identity);
    checkContentKey(pkg.manifest, unwrapped);
    t.strictSame(await readSegment(source, pkg, 1, unwrapped, signal), plains[1]);
    await verifyContents(source, pkg, unwrapped, signal);
  });

  void t.test('are verified as stored without any key, and not read', async (t) => {
    const { source, pkg } = await open([seal(0), seal(1)], encrypted, recipients);
    await verifyStored(source, pkg, signal);
    t.equal(await refusal(() => readSegment(source, pkg, 0, undefined, signal)), 'KEY_MISSING');
    t.equal(await refusal(() => checkContentKey(pkg.manifest, undefined)), 'KEY_MISSING');
  });

  void t.test('are refused with a flipped tag, even validly signed', async (t) => {
    const sealed = seal(0);
    t.equal(await refusal(() => read([flip(sealed, sealed.length - 1, 1), seal(1)], 0)), 'PACKAGE_CORRUPT');
  });

  void t.test('are refused when swapped, even validly signed', async (t) => {
    t.equal(await refusal(() => read([seal(1), seal(0)], 0)), 'PACKAGE_CORRUPT');
    t.equal(await refusal(() => read([seal(1), seal(0)], 1)), 'PACKAGE_CORRUPT');
  });

  void t.test('are refused in a package of another number of segments, or of another id', async (t) => {
    t.equal(await refusal(() => read([seal(0)], 0)), 'PACKAGE_CORRUPT');
    t.equal(await refusal(() => read([seal(0, 2, 'cd'.repeat(16)), seal(1)], 0)), 'PACKAGE_CORRUPT');
  });

  void t.test('authenticate id, index and count as numbers of 32 bits', async (t) => {
    const place = { id, index: 258, count: 1000 };
    const sealed = encryptSegment(Buffer.from('plain'), contentKey, place);
    const decipher = createDecipheriv('aes-256-gcm', contentKey, Buffer.from('000000000000000000000102', 'hex'));
    decipher.setAAD(Buffer.from(`${id}00000102000003e8`, 'hex'));
    decipher.setAuthTag(sealed.subarray(-16));
    t.equal(decipher.update(sealed.subarray(0, -16), undefined, 'utf8') + decipher.final('utf8'), 'plain');
  });

  void t.test('are refused with another key', async (t) => {
    t.equal(await refusal(() => read([seal(0), seal(1)], 0, randomBytes(32))), 'PACKAGE_CORRUPT');
  });

  void t.test('are refused when too short for a tag', async (t) => {
    t.equal(await refusal(() => read([Buffer.alloc(15), seal(1)], 0)), 'PACKAGE_CORRUPT');
  });

  void t.test('a key wrapped for another identity does not unwrap', async (t) => {
    const stranger = await generateX25519Identity();
    t.equal(await refusal(() => unwrapContentKey(recipients, stranger)), 'KEY_WRONG');
    t.equal(await refusal(() => unwrapContentKey(Buffer.from('garbage'), identity)), 'KEY_WRONG');
  });

  void t.test('recipients that were replaced by ones with another key are found by the signed commitment', async (t) => {
    const replaced = await wrapContentKey(randomBytes(32), [recipient]);
    const { pkg } = await open([seal(0), seal(1)], encrypted, replaced);
    const unwrapped = await unwrapContentKey(pkg.recipients, identity);
    t.equal(await refusal(() => checkContentKey(pkg.manifest, unwrapped)), 'KEY_WRONG');
    t.equal(await refusal(() => checkContentKey(pkg.manifest, Buffer.alloc(5))), 'KEY_WRONG');
  });

  void t.test('a wrapped key of another length is refused', async (t) => {
    const short = await wrapContentKey(randomBytes(16), [recipient]);
    t.equal(await refusal(() => unwrapContentKey(short, identity)), 'KEY_WRONG');
  });

  void t.test('a package has at most 256 recipients: nobody is kept busy with unwrapping', async (t) => {
    const most = Array.from({ length: 255 }, () => recipient);
    const [all, one] = await Promise.all([wrapContentKey(contentKey, [...most, recipient]), wrapContentKey(contentKey, [recipient])]);
    t.strictSame(Buffer.from(await unwrapContentKey(all, identity)), contentKey);
    t.equal(await refusal(() => wrapContentKey(contentKey, [...most, recipient, recipient])), 'INVALID_ARGUMENT');
    const header = Buffer.from(one);
    const begin = header.indexOf('\n-> ');
    const stanza = header.subarray(begin, header.indexOf('\n---'));
    const padded = Buffer.concat([header.subarray(0, begin), ...Array.from({ length: 257 }, () => stanza), header.subarray(begin)]);
    t.equal(await refusal(() => unwrapContentKey(padded, identity)), 'PACKAGE_MALFORMED');
  });

  void t.test('what is no identity or recipient is refused, and an identity is never quoted', async (t) => {
    t.equal(await refusal(() => wrapContentKey(contentKey, ['age1nonsense'])), 'INVALID_ARGUMENT');
    const damaged = `${identity.slice(0, -1)}!`;
    try {
      await unwrapContentKey(recipients, damaged);
      t.fail('accepted');
    } catch (error) {
      t.match(error, { reason: 'INVALID_ARGUMENT' });
      t.notOk(JSON.stringify(error, Object.getOwnPropertyNames(error)).includes(damaged.slice(20, 40)));
    }
  });

  void t.test('one recipient of several suffices', async (t) => {
    const other = await generateX25519Identity();
    const both = await wrapContentKey(contentKey, [await identityToRecipient(other), recipient]);
    t.strictSame(Buffer.from(await unwrapContentKey(both, identity)), contentKey);
    t.strictSame(Buffer.from(await unwrapContentKey(both, other)), contentKey);
  });
});

void t.test('contents are served in one pass, each segment read once, in order within each content', async (t) => {
  const whole = Buffer.concat(plains);
  const contents = [
    {
      name: 'across',
      size: 7000,
      sha256: '',
      extents: [
        { segment: 0, offset: 1000, length: 4000 },
        { segment: 1, offset: 0, length: 3000 },
      ],
    },
    { name: 'second', size: 100, sha256: '', extents: [{ segment: 1, offset: 5900, length: 100 }] },
    { name: 'empty', size: 0, sha256: '', extents: [] },
    {
      name: 'twisted',
      size: 20,
      sha256: '',
      extents: [
        { segment: 0, offset: 10, length: 10 },
        { segment: 0, offset: 0, length: 10 },
      ],
    },
  ];
  const { source, pkg } = await open(frames);
  source.reads.length = 0;
  const got = new Map<string, Buffer[]>();
  const ended: string[] = [];
  for await (const { content, offset, bytes, isLast } of streamContents(source, pkg, contents, undefined, signal)) {
    const pieces = got.get(content.name) ?? [];
    t.equal(offset, Buffer.concat(pieces).length);
    got.set(content.name, [...pieces, Buffer.from(bytes)]);
    if (isLast) ended.push(content.name);
  }
  t.equal(source.reads.length, 2);
  t.strictSame(new Set(ended), new Set(['across', 'second', 'empty', 'twisted']));
  t.strictSame(Buffer.concat(got.get('across') ?? []), whole.subarray(1000, 8000));
  t.strictSame(Buffer.concat(got.get('second') ?? []), whole.subarray(10_900, 11_000));
  t.strictSame(Buffer.concat(got.get('twisted') ?? []), Buffer.concat([whole.subarray(10, 20), whole.subarray(0, 10)]));
});

void t.test('only the segments that are wanted are read', async (t) => {
  const { source, pkg } = await open(frames);
  source.reads.length = 0;
  const wanted = [{ size: 5, sha256: '', extents: [{ segment: 1, offset: 0, length: 5 }] }];
  for await (const { bytes } of streamContents(source, pkg, wanted, undefined, signal)) t.equal(bytes.length, 5);
  t.equal(source.reads.length, 1);
});

void t.test('a pass can be stopped from outside and from inside', async (t) => {
  const { source, pkg } = await open(frames);
  const wanted = [0, 1].map((segment) => ({ size: 5, sha256: '', extents: [{ segment, offset: 0, length: 5 }] }));
  const stop = new AbortController();
  await t.rejects(async () => {
    for await (const piece of streamContents(source, pkg, wanted, undefined, stop.signal))
      stop.abort(new Error(`enough at ${piece.offset}`));
  }, /enough/);
  for await (const piece of streamContents(source, pkg, wanted, undefined, signal)) {
    t.ok(piece.isLast);
    break;
  }
});

void t.test('a content that does not have its stated hash is found', async (t) => {
  const { source, pkg } = await open(frames, (manifest) => ({
    ...manifest,
    files: manifest.files.map((entry) => (entry.op === 'put' && entry.type === 'file' ? { ...entry, sha256: sha256('other') } : entry)),
  }));
  t.equal(await refusal(() => verifyContents(source, pkg, undefined, signal)), 'PACKAGE_CORRUPT');
});

function flip(bytes: Buffer, at: number, mask: number): Buffer {
  const flipped = Buffer.from(bytes);
  flipped.writeUInt8(flipped.readUInt8(at) ^ mask, at);
  return flipped;
}

/** A frame whose header states another content size (16 bits, minus 256). */
function lying(frame: Buffer, size: number): Buffer {
  const changed = Buffer.from(frame);
  if (changed.readUInt8(4) >> 6 !== 1) throw new Error('the frame states its size in another width');
  changed.writeUInt16LE(size - 256, 5);
  return changed;
}

/** A sound frame of one byte in a window of 16 MiB. */
function wideWindow(): Buffer {
  return Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x80, (24 - 10) << 3, 1, 0, 0, 0, (1 << 3) | 1, 0, 0, 0x61]);
}
