import { zstdFrame } from '../support/upd.ts';
import type { Prng } from '../sim/prng.ts';

/** Changes bytes that nobody understands. */
export function mutateBytes(bytes: Buffer, prng: Prng, others: readonly Buffer[] = []): Buffer {
  const at = prng.below(bytes.length + 1);
  const length = prng.below(Math.min(64, bytes.length - at) + 1);
  const some = Buffer.from(Array.from({ length: prng.below(16) + 1 }, () => prng.below(256)));
  return prng.pick<() => Buffer>([
    () => changed(bytes, prng, (byte) => byte ^ (1 << prng.below(8))),
    () => changed(bytes, prng, (byte) => byte ^ (1 << prng.below(8))),
    () => changed(bytes, prng, () => prng.pick([0, 1, 0x7f, 0x80, 0xff, prng.below(256)])),
    () => Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]),
    () => Buffer.concat([bytes.subarray(0, at), some, bytes.subarray(at)]),
    () => Buffer.concat([bytes.subarray(0, at), bytes.subarray(at, at + length), bytes.subarray(at)]),
    () => bytes.subarray(0, at),
    () => Buffer.concat([bytes, some]),
    () => (others.length === 0 ? bytes : Buffer.concat([bytes.subarray(0, at), prng.pick(others).subarray(at)])),
  ])();
}

function changed(bytes: Buffer, prng: Prng, change: (byte: number) => number): Buffer {
  const copy = Buffer.from(bytes);
  if (copy.length === 0) return copy;
  const at = prng.below(copy.length);
  copy.writeUInt8(change(copy.readUInt8(at)) & 255, at);
  return copy;
}

/** Changes a zstd frame in its header, its blocks, or what surrounds it; or makes one by hand. */
export function mutateFrame(frame: Buffer, prng: Prng, others: readonly Buffer[]): Buffer {
  const skippable = Buffer.concat([Buffer.from([0x50 + prng.below(16), 0x2a, 0x4d, 0x18, 4, 0, 0, 0]), Buffer.from('skip')]);
  return prng.pick<() => Buffer>([
    () => mutateBytes(frame, prng, others),
    () => mutateBytes(frame, prng, others),
    () => header(frame, prng),
    () => header(frame, prng),
    () => Buffer.concat([frame, prng.pick([frame, skippable, zstdFrame(Buffer.alloc(0)), Buffer.alloc(1)])]),
    () => Buffer.concat([skippable, frame]),
    () => handmade(prng),
    () => handmade(prng),
    () => zstdFrame(Buffer.alloc(prng.pick([1, 255, 256, 65_791, 65_792, 200_000, 8 * 1024 * 1024, 8 * 1024 * 1024 + 1]), prng.below(256))),
  ])();
}

/** Descriptor, window and content size are in the first bytes. */
function header(frame: Buffer, prng: Prng): Buffer {
  const copy = Buffer.from(frame);
  if (copy.length === 0) return copy;
  copy.writeUInt8(prng.below(256), prng.below(Math.min(14, copy.length)));
  return copy;
}

function handmade(prng: Prng): Buffer {
  const count = prng.pick([0, 1, 2, 3, 70, 5000]);
  let plain = 0;
  const blocks = Array.from({ length: count }, (_, index) => {
    const size = prng.pick([0, 1, 100, 128 * 1024, 128 * 1024 + 1, 2 ** 21 - 1]);
    const type = prng.pick([0, 1, 1, 1, 2, 3]);
    plain += size;
    const block = (size << 3) | (type << 1) | (index === count - 1 || prng.chance(0.01) ? 1 : 0);
    const body = type === 1 ? Buffer.from([prng.below(256)]) : Buffer.alloc(Math.min(size, 200), prng.below(256));
    return Buffer.concat([Buffer.from([block & 255, (block >> 8) & 255, block >> 16]), body]);
  });
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(prng.pick([BigInt(plain), BigInt(plain), BigInt(plain + 1), 0n, 1n << 63n, 8n << 20n]));
  const window = prng.pick([0x00, 0x50, 0x68, 0x69, 0xff]);
  const isSingle = prng.chance(0.5);
  const descriptor = 0xc0 | (isSingle ? 0x20 : 0) | (prng.chance(0.1) ? 4 : 0);
  return Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd, descriptor, ...(isSingle ? [] : [window])]), size, ...blocks]);
}
