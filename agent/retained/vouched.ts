import { toUvsError, UvsError } from '../../common/errors.ts';
import type { Manifest } from '../../common/upd/manifest.ts';
import { parseManifest } from '../../common/upd/manifest-parse.ts';
import { verifyManifestSignatures } from '../../common/upd/open.ts';
import type { TrustedRoot } from '../../common/upd/root.ts';
import { concerned, readRelease } from '../installed.ts';
import type { StateDirectory } from '../state-directory.ts';
import type { RetainedEntry } from './index-file.ts';
import { readRecord, type KeptRecord } from './record.ts';

/** What to do where a node can't go back. */
export const tryOther = { hint: 'Bring it forward instead: push a release that is newer than what is installed.' };

/** Reads what is needed to go back from a release. @throws UvsError NO_WAY_BACK where it is not what was written down */
export async function readKept(state: StateDirectory, entry: RetainedEntry): Promise<KeptRecord> {
  const found = await readRecord(state, entry.operation);
  if (found?.record.kind === 'kept' && found.hash === entry.recordHash) return found.record;
  throw new UvsError('NO_WAY_BACK', `the record of what was before ${entry.version} is damaged`, tryOther);
}

/**
 * Demands that all that a node would go back to is vouched for by a root file still.
 * @returns the manifests of the releases before. @throws UvsError NO_WAY_BACK, KEY_UNKNOWN, SIGNATURE_MISSING, SIGNATURE_INVALID, TARGET_MISMATCH
 */
export async function demandVouched(
  state: StateDirectory,
  { before, components }: KeptRecord,
  root: TrustedRoot,
): Promise<readonly Manifest[]> {
  const manifests: Manifest[] = [];
  for (const { manifestHash } of concerned(before.releases, components)) {
    const { manifestBytes, signatures } = await readStored(state, manifestHash);
    const manifest = parseManifest(manifestBytes);
    if (signatures === undefined) {
      throw new UvsError('NO_WAY_BACK', `the signatures of ${manifest.version} were not kept: an earlier agent installed it`, tryOther);
    }
    try {
      verifyManifestSignatures(manifestBytes, signatures, root, manifest);
    } catch (error) {
      const { reason, message } = toUvsError(error);
      throw new UvsError(
        reason,
        `nobody vouches any more for ${manifest.version}, to which it would go back: ${message.replace(/\.$/u, '')}`,
        {
          cause: error,
          ...tryOther,
        },
      );
    }
    manifests.push(manifest);
  }
  return manifests;
}

/** What went, and what comes again, is known by manifests: none is used that is not the one that was stored. @throws UvsError NO_WAY_BACK */
export async function readStored(state: StateDirectory, manifestHash: string): ReturnType<typeof readRelease> {
  try {
    return await readRelease(state, manifestHash);
  } catch (error) {
    const { reason, message, hint = '' } = toUvsError(error);
    if (reason !== 'JOURNAL_CORRUPT') throw error;
    throw new UvsError('NO_WAY_BACK', message, { cause: error, hint: `${hint} Or push a release that is newer than what is installed.` });
  }
}
