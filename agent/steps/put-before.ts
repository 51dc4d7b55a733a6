import type { FileEntry } from '../../common/upd/manifest.ts';
import { parseManifest } from '../../common/upd/manifest-parse.ts';
import { readRelease, type Installed } from '../installed.ts';
import type { StateDirectory } from '../state-directory.ts';

/** What an installed release has put at a path. */
export interface Put {
  readonly entry: Extract<FileEntry, { op: 'put' }>;
  readonly product: string;
  /** For people: "uvs 2.14.1". */
  readonly release: string;
}

/** Tells by path what installed releases have put, of several the last, and not what one of them has removed. @throws UvsError JOURNAL_CORRUPT */
export async function putBefore(
  state: StateDirectory,
  { releases }: Pick<Installed, 'releases'>,
  isCounted: (product: string) => boolean,
): Promise<ReadonlyMap<string, Put>> {
  const put = new Map<string, Put>();
  for (const { manifestHash } of releases) {
    const { product, version, files } = parseManifest((await readRelease(state, manifestHash)).manifestBytes);
    if (!isCounted(product)) continue;
    for (const entry of files) {
      if (entry.op === 'put') put.set(entry.path, { entry, product, release: `${product} ${version}` });
      else put.delete(entry.path);
    }
  }
  return put;
}
