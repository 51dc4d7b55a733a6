import { zstdDecompressSync } from 'node:zlib';
import { decryptSegment } from '../../common/upd/segment-cipher.ts';
import { contentKey, type Json } from '../bad/forge.ts';
import type { Prng } from '../sim/prng.ts';
import { sha256 } from '../support/upd.ts';
import { objectsIn, parseObject, placeOf, type Draft } from './draft.ts';

/** One byte more than a segment may have. */
const MAX_PLAIN_BYTES = 8 * 1024 * 1024 + 1;

/** Puts the files into the order of their paths. */
export function restateOrder(draft: Draft): void {
  const manifest = parseObject(draft.parts.manifest);
  if (manifest === undefined) return;
  const path = (entry: Json): Buffer => Buffer.from(String(entry['path']));
  manifest['files'] = objectsIn(manifest['files']).toSorted((a, b) => path(a).compare(path(b)));
  draft.parts.manifest = Buffer.from(JSON.stringify(manifest));
}

/** Lets the manifest say what its segments are by now. */
export function restateSegments(draft: Draft, prng: Prng): void {
  const manifest = parseObject(draft.parts.manifest);
  if (manifest === undefined || !Array.isArray(manifest['segments'])) return;
  let offset = 0;
  const plains = plainsOf(draft);
  manifest['segments'] = draft.segments.map((stored, index) => {
    const before: Json = objectsIn(manifest['segments'])[index] ?? {};
    const plainLength = plains[index]?.length ?? (prng.chance(0.5) ? before['plainLength'] : undefined) ?? 1 + prng.below(300_000);
    const segment = { ...before, offset, length: stored.length, sha256: sha256(stored), plainLength };
    offset += stored.length;
    return segment;
  });
  draft.parts.manifest = Buffer.from(JSON.stringify(manifest));
}

/** Lets each content have the hash and size of what its extents point to, where they point to something. */
export function restateContents(draft: Draft): void {
  const manifest = parseObject(draft.parts.manifest);
  if (manifest === undefined) return;
  const plains = plainsOf(draft).map((plain) => plain ?? Buffer.alloc(0));
  for (const content of [...objectsIn(manifest['files']), ...objectsIn(manifest['tasks'])]) {
    if (!Array.isArray(content['extents'])) continue;
    const pieces = objectsIn(content['extents']).map(({ segment, offset, length }) => {
      if (typeof segment !== 'number' || typeof offset !== 'number' || typeof length !== 'number') return Buffer.alloc(0);
      return plains[segment]?.subarray(Math.max(0, offset), Math.max(0, offset + length)) ?? Buffer.alloc(0);
    });
    if (pieces.reduce((sum, { length }) => sum + length, 0) > 32 * 1024 * 1024) continue;
    const bytes = Buffer.concat(pieces);
    content['size'] = bytes.length;
    content['sha256'] = sha256(bytes);
  }
  draft.parts.manifest = Buffer.from(JSON.stringify(manifest));
}

/** What the segments hold, sealed or not. */
function plainsOf(draft: Draft): readonly (Buffer | undefined)[] {
  return draft.segments.map((stored, index) => {
    const place = placeOf(draft, index);
    const frame = place === undefined ? stored : decryptSegment(stored, contentKey, place);
    try {
      return frame === undefined ? undefined : zstdDecompressSync(frame, { maxOutputLength: MAX_PLAIN_BYTES });
    } catch {
      return undefined;
    }
  });
}
