import { UvsError } from '../../common/errors.ts';
import { openFileSource } from '../../common/upd/file-source.ts';
import { openPackage } from '../../common/upd/open.ts';
import type { TrustedRoot } from '../../common/upd/root.ts';
import type { Core } from '../core.ts';
import type { BlobStore } from './store.ts';

/** Says whether a package that was taken may still be brought to nodes. */
export interface PackageTrust {
  /** @throws UvsError KEY_UNKNOWN, SIGNATURE_MISSING, TARGET_MISMATCH where the newest root file does not take it any more */
  demand(digest: string): Promise<void>;
  /** Why a root file would not take it; undefined where it would, or where its bytes can't be looked at here. */
  refusal(digest: string, root: TrustedRoot): Promise<UvsError | undefined>;
}

/** Verdicts that are kept: as many packages as are at work at once. */
const MAX_VERDICTS = 64;

/** Judges packages again under the newest root file, each once for each root file: a key may have been revoked since the upload. */
export function packageTrust(options: {
  readonly core: { readonly packageRoot: Pick<Core['packageRoot'], 'current'> };
  readonly store: Pick<BlobStore, 'sizeOf' | 'pathOf'>;
}): PackageTrust {
  const { core, store } = options;
  const verdicts = new Map<string, Promise<void>>();

  const judge = async (digest: string, root: TrustedRoot): Promise<void> => {
    await using source = await openFileSource(store.pathOf(digest));
    // nobody's signal: others wait for the same verdict
    await openPackage(source, { root }, new AbortController().signal);
  };
  const demand = async (digest: string): Promise<void> => {
    // one that is still being copied to this coordinator is judged by its nodes
    if (store.sizeOf(digest) === undefined) return;
    const root = core.packageRoot.current().trusted;
    const key = `${digest} ${root.sha256}`;
    const verdict = verdicts.get(key) ?? judge(digest, root);
    verdicts.delete(key);
    verdicts.set(key, verdict);
    const [oldest] = verdicts.keys();
    if (verdicts.size > MAX_VERDICTS && oldest !== undefined) verdicts.delete(oldest);
    try {
      await verdict;
    } catch (error) {
      // a file that could not be read is read again the next time
      if (!isVerdict(error)) verdicts.delete(key);
      throw error;
    }
  };
  const refusal = async (digest: string, root: TrustedRoot): Promise<UvsError | undefined> => {
    if (store.sizeOf(digest) === undefined) return undefined;
    try {
      await judge(digest, root);
      return undefined;
    } catch (error) {
      return isVerdict(error) ? error : undefined;
    }
  };
  return { demand, refusal };
}

function isVerdict(error: unknown): error is UvsError {
  return error instanceof UvsError && ['KEY_UNKNOWN', 'SIGNATURE_MISSING', 'TARGET_MISMATCH'].includes(error.reason);
}
