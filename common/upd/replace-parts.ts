import { open } from 'node:fs/promises';
import { assemble } from './assemble.ts';
import { encodeParts, readParts, type PartName } from './container.ts';
import { openFileSource } from './file-source.ts';

/** What is not signed in a package: signatures are added, a longer chain takes the place of another, a key is wrapped for somebody else. */
export type UnsignedParts = Partial<Record<Exclude<PartName, 'manifest'>, Uint8Array>>;

/**
 * Writes a package whose manifest and segments are those of another one, under a temporary name first; `path` and `out` may be the same, unless `giveName` is told. The
 * file's digest is a new one, the manifest's hash stays.
 * @throws UvsError PACKAGE_MALFORMED, PACKAGE_TRUNCATED, NOT_FOUND
 */
export async function replaceParts(
  path: string,
  out: string,
  parts: UnsignedParts,
  signal: AbortSignal,
  giveName?: (temporary: string, path: string) => Promise<void>,
): Promise<{ readonly digest: string; readonly sizeBytes: number }> {
  await using source = await openFileSource(path);
  const { segmentsOffset, ...there } = await readParts(source, signal);
  await using file = await open(path, 'r');
  return await assemble(out, encodeParts({ ...there, ...parts }), file, signal, segmentsOffset, giveName);
}
