import { UvsError } from '../errors.ts';
import type { Content } from './manifest.ts';
import type { OpenedPackage } from './open.ts';
import type { PackageSource } from './source.ts';

/** What reading segments needs of an opened package; an agent may rebuild it from stored manifest bytes. */
export type SegmentedPackage = Pick<OpenedPackage, 'manifest' | 'segmentsOffset'>;

/**
 * Reads one segment: the stored bytes, their hash, decryption, exactly one zstd frame, exactly the stated size.
 * @param contentKey needed when the manifest says encryption; check it with `checkContentKey` first.
 * @throws UvsError PACKAGE_CORRUPT, PACKAGE_TRUNCATED, KEY_MISSING; whatever the source throws
 */
export async function readSegment(
  _source: PackageSource,
  _pkg: SegmentedPackage,
  _index: number,
  _contentKey: Uint8Array | undefined,
  _signal: AbortSignal,
): Promise<Buffer> {
  throw new UvsError('INTERNAL', 'not built yet');
}

/** Consecutive bytes of one content. A content's pieces come in order of `offset`; pieces of several contents may alternate. */
export interface ContentPiece<T extends Content> {
  readonly content: T;
  readonly offset: number;
  /** A view into the segment: use or copy it before asking for the next piece. */
  readonly bytes: Buffer;
  readonly isLast: boolean;
}

/**
 * Serves the wanted contents in one pass over the segments they need, each read once, the next one being read while this one is used;
 * no more than two segments are in memory. An empty content is one empty piece. Hashes of whole contents are the caller's to check.
 * @throws UvsError as readSegment
 */
export async function* streamContents<T extends Content>(
  _source: PackageSource,
  _pkg: SegmentedPackage,
  _wanted: readonly T[],
  _contentKey: Uint8Array | undefined,
  _signal: AbortSignal,
): AsyncGenerator<ContentPiece<T>, void, undefined> {
  throw new UvsError('INTERNAL', 'not built yet');
}
