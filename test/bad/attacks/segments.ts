import { constants, zstdCompressSync } from 'node:zlib';
import { zstdFrame } from '../../support/upd.ts';
import { attacks, changed, file, flipped, frames, plains, soundFile, type Attack, type Forgery, type Json } from '../forge.ts';
import { noise } from '../kit.ts';

const MIB = 1024 * 1024;
const [firstFrame = Buffer.alloc(0), secondFrame = Buffer.alloc(0)] = frames;
const skippable = Buffer.concat([Buffer.from([0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0]), noise('skipped', 4)]);

/** A validly signed package whose first segment is something else; what its frame states and what the manifest states may agree. */
const first = (stored: Buffer, plainLength?: number): Forgery => ({
  segments: ([, second = secondFrame]) => [stored, second],
  ...(plainLength === undefined ? {} : { manifest: (manifest) => withPlainLength(manifest, plainLength) }),
});

function withPlainLength(manifest: Json, plainLength: number): Json {
  const segments: readonly Json[] = Array.isArray(manifest['segments']) ? manifest['segments'] : [];
  return {
    ...manifest,
    segments: segments.map((segment, index) => (index === 0 ? { ...segment, plainLength } : segment)),
    files: [{ ...soundFile, size: 1, extents: [{ segment: 0, offset: 0, length: 1 }] }],
    tasks: [],
  };
}

/** A frame by hand: window descriptor (none: a single segment), content size, blocks. */
function frame(options: { window?: number; size: bigint; blocks: readonly Buffer[]; checksum?: Buffer }): Buffer {
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(options.size);
  const { window } = options;
  const descriptor = 0xc0 | (window === undefined ? 0x20 : 0) | (options.checksum === undefined ? 0 : 4);
  const head = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, descriptor, ...(window === undefined ? [] : [window])]);
  return Buffer.concat([head, size, ...options.blocks, options.checksum ?? Buffer.alloc(0)]);
}

/** A block: 0 as it is, 1 one byte repeated, 2 compressed, 3 reserved. */
function block(type: number, size: number, body: Buffer, isLast = false): Buffer {
  const header = (size << 3) | (type << 1) | (isLast ? 1 : 0);
  return Buffer.concat([Buffer.from([header & 255, (header >> 8) & 255, header >> 16]), body]);
}

const repeated = (size: number, isLast = false): Buffer => block(1, size, Buffer.from('a'), isLast);
const empty = block(0, 0, Buffer.alloc(0));
const bomb = (count: number): readonly Buffer[] => [...Array.from({ length: count }, () => repeated(128 * 1024)), repeated(1, true)];

export const segmentAttacks: readonly Attack[] = [
  ...attacks('PACKAGE_CORRUPT', 'segment', {
    'the first one swapped with the second of the same length': { area: ([a = firstFrame, b = secondFrame]) => swapped(a, b) },
    'the first one repeated in the place of the second': {
      area: ([a = firstFrame, b = secondFrame]) => [a, Buffer.concat([a, b]).subarray(0, b.length)],
    },
    'a bit flipped in its first byte': { area: ([a = firstFrame, ...rest]) => [flipped(a, 0), ...rest] },
    'a bit flipped in its middle': { area: ([a = firstFrame, ...rest]) => [flipped(a, a.length >> 1), ...rest] },
    'a bit flipped in the last byte of the last one': { area: ([a = firstFrame, b = secondFrame]) => [a, flipped(b, -1)] },
    'those of another package': { area: (stored) => stored.map((bytes, index) => noise(`another ${index}`, bytes.length)) },
    'zeros in their place': { area: (stored) => stored.map((bytes) => Buffer.alloc(bytes.length)) },
  }),
  ...attacks('PACKAGE_CORRUPT', 'signed segment', {
    'swapped with the second': { segments: ([a = firstFrame, b = secondFrame]) => [b, a] },
    'repeated in the place of the second': { segments: ([a = firstFrame]) => [a, a] },
    'two frames': first(Buffer.concat([firstFrame, zstdFrame(Buffer.from('hidden'))])),
    'garbage after the frame': first(Buffer.concat([firstFrame, Buffer.from('garbage')])),
    'a zero after the frame': first(Buffer.concat([firstFrame, Buffer.alloc(1)])),
    'an empty frame after the frame': first(Buffer.concat([firstFrame, zstdFrame(Buffer.alloc(0))])),
    'a skippable frame before it': first(Buffer.concat([skippable, firstFrame])),
    'a skippable frame after it': first(Buffer.concat([firstFrame, skippable])),
    'a skippable frame alone': first(skippable),
    'a cut frame': first(firstFrame.subarray(0, -1)),
    'a frame without its magic': first(firstFrame.subarray(4)),
    'a frame of zstd 0.7': first(flipped(firstFrame, 0, 0x28 ^ 0x27)),
    'a gzip stream': first(Buffer.concat([Buffer.from([0x1f, 0x8b, 8, 0]), noise('gzip', 500)])),
    noise: first(noise('noise', 500)),
    'one byte': first(Buffer.from([0x28])),
    'a frame that does not state its size': first(zstdCompressSync(plains[0], { params: { [constants.ZSTD_c_contentSizeFlag]: 0 } })),
    'a smaller size than its frame has': first(firstFrame, plains[0].length - 1),
    'a larger size than its frame has': first(firstFrame, plains[0].length + 1),
    'a frame that holds less than it states': first(frame({ size: 100n, blocks: [repeated(99, true)] }), 100),
    'a frame that holds more than it states': first(frame({ size: 100n, blocks: [repeated(101, true)] }), 100),
    'a bomb: 64 KiB of it would be 2 GiB': first(frame({ window: 0x50, size: 1000n, blocks: bomb(16_384) }), 1000),
    'a bomb that states 8 MiB and is larger': first(frame({ window: 0x68, size: BigInt(8 * MIB), blocks: bomb(65) }), 8 * MIB),
    'a bomb that states 2^63': first(frame({ window: 0x68, size: 1n << 63n, blocks: bomb(65) }), 1000),
    'a million empty blocks and too few bytes': first(
      frame({ window: 0x50, size: 1000n, blocks: [...Array.from({ length: 1_000_000 }, () => empty), repeated(999, true)] }),
      1000,
    ),
    'a window of 16 MiB': first(frame({ window: (24 - 10) << 3, size: 1n, blocks: [repeated(1, true)] }), 1),
    'a window just above 8 MiB': first(frame({ window: ((23 - 10) << 3) | 1, size: 1n, blocks: [repeated(1, true)] }), 1),
    'a window of 3.75 TiB': first(frame({ window: 0xff, size: 1n, blocks: [repeated(1, true)] }), 1),
    'a reserved bit': first(flipped(firstFrame, 4, 0x08)),
    'a dictionary': first(flipped(firstFrame, 4, 0x01)),
    'a block of the reserved type': first(frame({ size: 4n, blocks: [block(3, 4, noise('block', 4), true)] }), 4),
    'a block above 128 KiB': first(frame({ window: 0x68, size: 200_000n, blocks: [repeated(200_000, true)] }), 200_000),
    'a compressed block of noise': first(frame({ size: 100n, blocks: [block(2, 50, noise('block', 50), true)] }), 100),
    'no last block': first(frame({ size: 1n, blocks: [repeated(1)] }), 1),
    'a checksum that does not hold': first(frame({ size: 1n, blocks: [repeated(1, true)], checksum: Buffer.alloc(4) }), 1),
    'a checksum that is missing': first(frame({ size: 1n, blocks: [repeated(1, true)], checksum: Buffer.alloc(0) }), 1),
    'a file with another content than its hash says': file({ sha256: 'a'.repeat(64) }),
    'a task with another program than its hash says': {
      manifest: (manifest) => {
        const [task]: readonly Json[] = Array.isArray(manifest['tasks']) ? manifest['tasks'] : [];
        return { ...manifest, tasks: [{ ...task, sha256: 'a'.repeat(64) }] };
      },
    },
    'an empty file with a hash that is not that of nothing': file({ size: 0, extents: [] }),
  }),
  ...attacks('PACKAGE_MALFORMED', 'segment table', {
    'an overlap': table([
      { offset: 0, length: 10 },
      { offset: 9, length: 10 },
    ]),
    'a gap': table([
      { offset: 0, length: 10 },
      { offset: 11, length: 10 },
    ]),
    'beginning after the first byte': table([{ offset: 1, length: 10 }]),
    'the wrong way round': table([
      { offset: 10, length: 10 },
      { offset: 0, length: 10 },
    ]),
    'a negative offset': table([{ offset: -1, length: 10 }]),
    'a negative length': table([{ offset: 0, length: -10 }]),
    'a segment of nothing': table([{ offset: 0, length: 0 }]),
    'a segment of no plain bytes': table([{ offset: 0, length: 10, plainLength: 0 }]),
    'a segment above 8 MiB': table([{ offset: 0, length: 8 * MIB + 1 }]),
    'a plain segment above 8 MiB': table([{ offset: 0, length: 10, plainLength: 8 * MIB + 1 }]),
    'an offset of 2^53': { text: (text) => text.replace('"offset":0', '"offset":9007199254740992') },
    'an offset of 2^64': { text: (text) => text.replace('"offset":0', '"offset":18446744073709551616') },
    'an offset that is no number': table([{ offset: '0', length: 10 }]),
    'a hash in capitals': table([{ offset: 0, length: 10, sha256: 'A'.repeat(64) }]),
  }),
];

function table(segments: readonly Json[]): Forgery {
  const whole = segments.map((segment) => ({ sha256: 'a'.repeat(64), plainLength: 10, ...segment }));
  return changed({ segments: whole, files: [], tasks: [] });
}

/** Both bytes' worth of the second in the place of the first, with the lengths kept. */
function swapped(a: Buffer, b: Buffer): readonly Buffer[] {
  const all = Buffer.concat([b, a]);
  return [all.subarray(0, a.length), all.subarray(a.length)];
}
