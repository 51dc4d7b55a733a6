import { createHash, type Hash } from 'node:crypto';
import { UvsError } from '../errors.ts';
import type { Content, Manifest } from './manifest.ts';
import { readStoredSegment, streamContents, type SegmentedPackage } from './segments.ts';
import type { PackageSource } from './source.ts';

export type VerifyProgress = (done: { readonly segments: number; readonly totalSegments: number }) => void;

/** Compares every stored segment with its signed hash; needs no key, so a mirror can do it. @throws UvsError PACKAGE_CORRUPT, PACKAGE_TRUNCATED */
export async function verifyStored(
  source: PackageSource,
  pkg: SegmentedPackage,
  signal: AbortSignal,
  onProgress?: VerifyProgress,
): Promise<void> {
  const totalSegments = pkg.manifest.segments.length;
  for (let index = 0; index < totalSegments; index += 1) {
    await readStoredSegment(source, pkg, index, signal);
    onProgress?.({ segments: index + 1, totalSegments });
  }
}

/**
 * Reads a package to the last byte: every segment, whether a content needs it or not, and every content against its hash.
 * @throws UvsError PACKAGE_CORRUPT, PACKAGE_TRUNCATED, KEY_MISSING
 */
export async function verifyContents(
  source: PackageSource,
  pkg: SegmentedPackage,
  contentKey: Uint8Array | undefined,
  signal: AbortSignal,
  onProgress?: VerifyProgress,
): Promise<void> {
  await verifyStored(source, pkg, signal, onProgress);
  const contents = differentContents(pkg.manifest);
  const hashes = new Map<Content, Hash>();
  for await (const { content, bytes, isLast } of streamContents(source, pkg, contents, contentKey, signal)) {
    let hash = hashes.get(content);
    if (hash === undefined) hashes.set(content, (hash = createHash('sha256')));
    hash.update(bytes);
    if (!isLast) continue;
    hashes.delete(content);
    if (hash.digest('hex') !== content.sha256) {
      throw new UvsError('PACKAGE_CORRUPT', `The content of ${content.name} does not have the hash that the manifest states.`, {
        hint: 'The package was badly made; have it built again.',
      });
    }
  }
}

interface NamedContent extends Content {
  readonly name: string;
}

/** Each content once, by hash and place. */
function differentContents({ files, tasks, packages }: Manifest): readonly NamedContent[] {
  const contents = new Map<string, NamedContent>();
  const add = (name: string, { size, sha256, extents }: Content) => {
    contents.set(`${sha256} ${size} ${JSON.stringify(extents)}`, { name, size, sha256, extents });
  };
  for (const task of tasks) add(`task ${task.name}`, task);
  for (const entry of files) if (entry.op === 'put' && entry.type === 'file') add(entry.path, entry);
  for (const entry of packages) if (entry.op === 'install') add(`${entry.manager} package ${entry.name}`, entry);
  return [...contents.values()];
}
