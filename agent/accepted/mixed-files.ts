import { toUvsError } from '../../common/errors.ts';
import type { FileEntry } from '../../common/upd/manifest.ts';
import { parseManifest } from '../../common/upd/manifest-parse.ts';
import { readRelease, type Installed } from '../installed.ts';
import type { StateDirectory } from '../state-directory.ts';
import { putByMixtures } from './mixture.ts';

export type PutEntry = Extract<FileEntry, { op: 'put' }>;

/** What may be at a path besides what installed releases have put there. */
export type Mixed = (path: string) => readonly PutEntry[];

/**
 * Tells what operations that were accepted as mixtures may have put at each path: a release that comes after them removes it, and replaces it, as what a
 * release has put. @param names of the components whose mixtures count
 */
export async function mixedFiles(state: StateDirectory, installed: Installed, names: readonly string[]): Promise<Mixed> {
  const files = new Map<string, PutEntry[]>();
  for (const manifestHash of await putByMixtures(state, installed, names)) {
    for (const entry of await filesOf(state, manifestHash)) {
      if (entry.op === 'put') files.set(entry.path, [...(files.get(entry.path) ?? []), entry]);
    }
  }
  return (path) => files.get(path) ?? [];
}

/** Nothing of a manifest that is lost: no record of a mixture keeps a node from a release. */
async function filesOf(state: StateDirectory, manifestHash: string): Promise<readonly FileEntry[]> {
  try {
    return parseManifest((await readRelease(state, manifestHash)).manifestBytes).files;
  } catch (error) {
    if (toUvsError(error).reason === 'JOURNAL_CORRUPT') return [];
    throw error;
  }
}
