/** Bytes from `start` to `end`, both included, as HTTP counts them. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Reads a Range header with one range (RFC 9110 §14.1.2). undefined: there is none, or one in a form that a server may ignore
 * (another unit, several ranges), so the whole is sent; 'unsatisfiable': 416.
 */
export function parseRange(header: string | undefined, sizeBytes: number): ByteRange | 'unsatisfiable' | undefined {
  const [, first, last] = /^bytes=([0-9]{0,15})-([0-9]{0,15})$/.exec(header ?? '') ?? [];
  if (first === undefined || last === undefined || (first === '' && last === '')) return undefined;
  if (first === '') {
    const suffix = Math.min(Number(last), sizeBytes);
    return suffix === 0 ? 'unsatisfiable' : { start: sizeBytes - suffix, end: sizeBytes - 1 };
  }
  const start = Number(first);
  const end = last === '' ? sizeBytes - 1 : Math.min(Number(last), sizeBytes - 1);
  if (last !== '' && Number(last) < start) return undefined;
  return start >= sizeBytes ? 'unsatisfiable' : { start, end };
}

/** What a PUT says of its body: a part of `total` bytes that begins at `start`, or none of it ("*", asks for the end). */
export interface ContentRange {
  readonly start: number | undefined;
  readonly length: number;
  readonly total: number;
}

/** Reads a Content-Range header of a request; undefined for anything else than bytes. */
export function parseContentRange(header: string): ContentRange | undefined {
  const [, star] = /^bytes \*\/([0-9]{1,15})$/.exec(header) ?? [];
  if (star !== undefined) return { start: undefined, length: 0, total: Number(star) };
  const [, first, last, total] = /^bytes ([0-9]{1,15})-([0-9]{1,15})\/([0-9]{1,15})$/.exec(header) ?? [];
  if (first === undefined || last === undefined || total === undefined) return undefined;
  const [start, end, size] = [Number(first), Number(last), Number(total)];
  return start <= end && end < size ? { start, length: end - start + 1, total: size } : undefined;
}
