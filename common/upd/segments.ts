import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { zstdDecompress } from 'node:zlib';
import { UvsError } from '../errors.ts';
import { discard } from './discard.ts';
import { MAX_SEGMENT_BYTES, type Content, type Extent, type Segment } from './manifest.ts';
import type { OpenedPackage } from './open.ts';
import { decryptSegment } from './segment-cipher.ts';
import type { PackageSource } from './source.ts';
import { walkZstdFrame } from './zstd-frame.ts';

/** What reading segments needs of an opened package; an agent may rebuild it from stored manifest bytes. */
export type SegmentedPackage = Pick<OpenedPackage, 'manifest' | 'segmentsOffset'>;

const decompress = promisify(zstdDecompress);

/**
 * Reads one segment: the stored bytes, their hash, decryption, exactly one zstd frame, exactly the stated size.
 * @param contentKey needed when the manifest says encryption; check it with `checkContentKey` first.
 * @throws UvsError PACKAGE_CORRUPT, PACKAGE_TRUNCATED, KEY_MISSING; whatever the source throws
 */
export async function readSegment(
  source: PackageSource,
  pkg: SegmentedPackage,
  index: number,
  contentKey: Uint8Array | undefined,
  signal: AbortSignal,
): Promise<Buffer> {
  const stored = await readStoredSegment(source, pkg, index, signal);
  const frame = openStored(stored, pkg, index, contentKey);
  if (frame !== stored) discard(stored);
  try {
    return await decompressExactly(frame, segmentAt(pkg, index), index);
  } finally {
    discard(frame);
  }
}

/** Reads a segment as it is stored and compares its hash; needs no key. @throws UvsError PACKAGE_CORRUPT, PACKAGE_TRUNCATED; whatever the source throws */
export async function readStoredSegment(
  source: PackageSource,
  pkg: SegmentedPackage,
  index: number,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const segment = segmentAt(pkg, index);
  let sound: Uint8Array | undefined; // hashed once, although the source may ask too
  const isSound = (bytes: Uint8Array): boolean => {
    if (createHash('sha256').update(bytes).digest('hex') === segment.sha256) sound = bytes;
    return sound === bytes;
  };
  const stored = await source.read(pkg.segmentsOffset + segment.offset, segment.length, signal, isSound);
  signal.throwIfAborted();
  if (stored.length !== segment.length) {
    throw new UvsError('PACKAGE_TRUNCATED', `Segment ${index} came with ${stored.length} of ${segment.length} bytes.`);
  }
  if (stored !== sound && !isSound(stored)) throw corrupt(index, 'does not have the hash that the manifest states');
  return stored;
}

function openStored(stored: Uint8Array, { manifest }: SegmentedPackage, index: number, contentKey: Uint8Array | undefined): Uint8Array {
  if (manifest.encryption === undefined) return stored;
  if (contentKey === undefined) {
    throw new UvsError('KEY_MISSING', `Package ${manifest.id} is encrypted and its content key is not there.`, {
      hint: 'Give the identity that it was encrypted for.',
    });
  }
  const place = { id: manifest.id, index, count: manifest.segments.length };
  const plain = decryptSegment(stored, contentKey, place);
  if (plain === undefined) throw corrupt(index, 'does not decrypt in its place with the content key');
  return plain;
}

async function decompressExactly(bytes: Uint8Array, { plainLength }: Segment, index: number): Promise<Buffer> {
  const frame = walkZstdFrame(bytes);
  if (typeof frame === 'string') throw corrupt(index, frame);
  if (frame.length !== bytes.length) throw corrupt(index, `has ${bytes.length - frame.length} bytes after its zstd frame`);
  if (frame.contentSize !== plainLength) {
    throw corrupt(index, `states a content size of ${frame.contentSize} in its frame and ${plainLength} in the manifest`);
  }
  if (frame.windowSize > MAX_SEGMENT_BYTES) throw corrupt(index, `needs a window of ${frame.windowSize} bytes`);
  let plain: Buffer;
  try {
    // One chunk for all of it and a little more: no growing, no joining, and one byte too many is seen.
    plain = await decompress(bytes, { chunkSize: plainLength + 64, maxOutputLength: plainLength + 1 });
  } catch (error) {
    throw corrupt(index, 'does not decompress', error);
  }
  if (plain.length !== plainLength) throw corrupt(index, `has ${plain.length} bytes when decompressed instead of ${plainLength}`);
  return plain;
}

function segmentAt({ manifest }: SegmentedPackage, index: number): Segment {
  const segment = manifest.segments[index];
  if (segment === undefined) throw new UvsError('INTERNAL', `Package ${manifest.id} has no segment ${index}.`);
  return segment;
}

function corrupt(index: number, problem: string, cause?: unknown): UvsError {
  return new UvsError('PACKAGE_CORRUPT', `Segment ${index} of the package ${problem}.`, {
    hint: 'The bytes were damaged on the way, or the package was badly made; get it again.',
    cause,
    details: { segment: String(index) },
  });
}

/** Consecutive bytes of one content. A content's pieces come in order of `offset`; pieces of several contents may alternate. */
export interface ContentPiece<T extends Content> {
  readonly content: T;
  readonly offset: number;
  /** A view into the segment: use or copy it before asking for the next piece; it is empty some time after that. */
  readonly bytes: Buffer;
  readonly isLast: boolean;
}

/**
 * Serves the wanted contents in one pass over the segments they need, each read once, the next one being read while this one is used;
 * no more than two segments are in memory. An empty content is one empty piece. Hashes of whole contents are the caller's to check.
 * @throws UvsError as readSegment
 */
export async function* streamContents<T extends Content>(
  source: PackageSource,
  pkg: SegmentedPackage,
  wanted: readonly T[],
  contentKey: Uint8Array | undefined,
  signal: AbortSignal,
): AsyncGenerator<ContentPiece<T>, void, undefined> {
  const plan = new Map<number, PlannedPiece<T>[]>();
  for (const content of wanted) {
    if (content.extents.length === 0) yield { content, offset: 0, bytes: Buffer.alloc(0), isLast: true };
    planPieces(plan, content);
  }
  const order = [...plan.keys()].toSorted((a, b) => a - b);

  const stopping = new AbortController();
  const either = AbortSignal.any([signal, stopping.signal]);
  const read = (index: number | undefined): Promise<Buffer> | undefined => {
    if (index === undefined) return undefined;
    const reading = readSegment(source, pkg, index, contentKey, either);
    reading.catch(() => undefined); // awaited one segment later, or never where the consumer stops
    return reading;
  };
  try {
    let next = read(order[0]);
    for (const [position, index] of order.entries()) {
      const segment = await next;
      next = read(order[position + 1]);
      for (const { content, extent, offset } of plan.get(index) ?? []) {
        if (segment === undefined) break;
        const bytes = segment.subarray(extent.offset, extent.offset + extent.length);
        yield { content, offset, bytes, isLast: offset + extent.length === content.size };
      }
      if (segment !== undefined) discard(segment);
      signal.throwIfAborted();
    }
  } finally {
    stopping.abort();
  }
}

interface PlannedPiece<T extends Content> {
  readonly content: T;
  readonly extent: Extent;
  /** In the content. */
  readonly offset: number;
}

function planPieces<T extends Content>(plan: Map<number, PlannedPiece<T>[]>, content: T): void {
  let offset = 0;
  for (const extent of content.extents) {
    let pieces = plan.get(extent.segment);
    if (pieces === undefined) plan.set(extent.segment, (pieces = []));
    pieces.push({ content, extent, offset });
    offset += extent.length;
  }
}
