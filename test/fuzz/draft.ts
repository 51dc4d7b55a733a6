import type { PartName } from '../../common/upd/container.ts';
import type { SegmentPlace } from '../../common/upd/segment-cipher.ts';
import { u32, type Json } from '../bad/forge.ts';

export const partNames = ['signatures', 'rootChain', 'recipients', 'manifest'] as const satisfies readonly PartName[];

/** A package taken apart into what the fuzzer changes. */
export interface Draft {
  magic: Buffer;
  readonly parts: Record<PartName, Buffer>;
  /** Lengths that lie. */
  readonly lengths: Partial<Record<PartName, number>>;
  segments: Buffer[];
  /** After the last segment. */
  tail: Buffer;
}

/** Takes a package apart, as far as it is one; what its segments are says its manifest. */
export function takeApart(bytes: Buffer): Draft | undefined {
  const parts: Partial<Record<PartName, Buffer>> = {};
  let at = 8;
  for (const name of partNames) {
    if (at + 4 > bytes.length) return undefined;
    const length = bytes.readUInt32BE(at);
    at += 4;
    if (at + length > bytes.length) return undefined;
    parts[name] = bytes.subarray(at, at + length);
    at += length;
  }
  const { signatures, rootChain, recipients, manifest } = parts;
  if (signatures === undefined || rootChain === undefined || recipients === undefined || manifest === undefined) return undefined;
  const segments: Buffer[] = [];
  for (const length of lengthsIn(parseObject(manifest))) {
    if (!Number.isInteger(length) || length < 0) break;
    segments.push(bytes.subarray(at, at + length));
    at += length;
  }
  return {
    magic: bytes.subarray(0, 8),
    parts: { signatures, rootChain, recipients, manifest },
    lengths: {},
    segments,
    tail: bytes.subarray(at),
  };
}

export function putTogether({ magic, parts, lengths, segments, tail }: Draft): Buffer {
  const chunks = partNames.flatMap((name) => [u32(lengths[name] ?? parts[name].length), parts[name]]);
  return Buffer.concat([magic, ...chunks, ...segments, tail]);
}

/** As any reader would take it; undefined where it is no JSON. */
export function parseJson(bytes: Buffer): unknown {
  try {
    const value: unknown = JSON.parse(bytes.toString());
    return value;
  } catch {
    return undefined;
  }
}

export function parseObject(bytes: Buffer): Json | undefined {
  const value = parseJson(bytes);
  return isObject(value) ? value : undefined;
}

export function isObject(value: unknown): value is Json {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

/** Where a segment stands in what is encrypted; undefined where the package is not. */
export function placeOf({ parts, segments }: Draft, index: number): SegmentPlace | undefined {
  const manifest = parseObject(parts.manifest);
  if (!isObject(manifest?.['encryption'])) return undefined;
  const id = manifest['id'];
  return { id: typeof id === 'string' ? id : '', index, count: segments.length };
}

/** Members of a list that are objects. */
export function objectsIn(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function lengthsIn(manifest: Json | undefined): readonly number[] {
  return objectsIn(manifest?.['segments']).map(({ length }) => (typeof length === 'number' ? length : 0));
}
