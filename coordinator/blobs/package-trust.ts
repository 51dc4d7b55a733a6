import { UvsError, type Reason } from '../../common/errors.ts';
import { readParts } from '../../common/upd/container.ts';
import { openFileSource } from '../../common/upd/file-source.ts';
import { openPackage, verifyManifestSignatures } from '../../common/upd/open.ts';
import { verifyRootChain, type TrustedRoot } from '../../common/upd/root.ts';
import type { Core } from '../core.ts';
import type { PackageRecord } from '../domain.ts';
import type { BlobStore } from './store.ts';

/** Says whether a package that was taken may still be brought to nodes. */
export interface PackageTrust {
  /** @throws UvsError KEY_UNKNOWN, SIGNATURE_MISSING, SIGNATURE_INVALID, TARGET_MISMATCH where the newest root file does not take it any more */
  demand(digest: string): Promise<void>;
  /** How long its tasks may take on a node, by their limits; undefined where its bytes can't be looked at here. @throws as `demand` */
  taskLimitMs(digest: string): Promise<number | undefined>;
  /**
   * Why a root file would not take it; undefined where it would, or where its bytes can't be looked at here. Its manifest, which was parsed when it
   * was taken and may tell of very many files, is not parsed again: whoever may look only can ask this.
   */
  refusal(record: Pick<PackageRecord, 'digest' | 'product' | 'components'>, root: TrustedRoot): Promise<UvsError | undefined>;
  /** The same of the newest root file, remembered: a list of packages costs nothing once each was looked at. 'unknown': its bytes can't be looked at here. */
  standing(record: Pick<PackageRecord, 'digest' | 'product' | 'components'>): Promise<UvsError | 'trusted' | 'unknown'>;
}

/** What is kept of a package that was judged. */
interface Judged {
  readonly taskLimitMs: number;
}

/** What a root file may say about a package that an earlier one has taken. */
const verdictReasons: ReadonlySet<Reason> = new Set<Reason>(['KEY_UNKNOWN', 'SIGNATURE_MISSING', 'SIGNATURE_INVALID', 'TARGET_MISMATCH']);

/** Whether a package is not taken; all else says that it could not be judged. */
export function isVerdict(error: unknown): error is UvsError {
  return error instanceof UvsError && verdictReasons.has(error.reason);
}

/** Verdicts that are kept: as many packages as are at work at once. */
const MAX_VERDICTS = 64;

/** Of packages that are listed. */
const MAX_STANDINGS = 4096;

/** Judges packages again under the newest root file, each once for each root file: a key may have been revoked since the upload. */
export function packageTrust(options: {
  readonly core: { readonly packageRoot: Pick<Core['packageRoot'], 'current'> };
  readonly store: Pick<BlobStore, 'sizeOf' | 'pathOf'>;
}): PackageTrust {
  const { core, store } = options;
  const verdicts = new Map<string, Promise<Judged>>();

  const judge = async (digest: string, root: TrustedRoot): Promise<Judged> => {
    await using source = await openFileSource(store.pathOf(digest));
    // nobody's signal: others wait for the same verdict
    const { manifest } = await openPackage(source, { root }, new AbortController().signal);
    return { taskLimitMs: manifest.tasks.reduce((sum, { timeoutSeconds }) => sum + timeoutSeconds * 1000, 0) };
  };
  const judged = async (digest: string): Promise<Judged | undefined> => {
    // one that is still being copied to this coordinator is judged by its nodes
    if (store.sizeOf(digest) === undefined) return undefined;
    const root = core.packageRoot.current().trusted;
    const key = `${digest} ${root.sha256}`;
    const verdict = verdicts.get(key) ?? judge(digest, root);
    verdicts.delete(key);
    verdicts.set(key, verdict);
    const [oldest] = verdicts.keys();
    if (verdicts.size > MAX_VERDICTS && oldest !== undefined) verdicts.delete(oldest);
    try {
      return await verdict;
    } catch (error) {
      // a file that could not be read, or that may be damaged, is read again the next time
      if (!isVerdict(error) || error.reason === 'SIGNATURE_INVALID') verdicts.delete(key);
      throw error;
    }
  };
  const look = async (
    { digest, product, components }: Pick<PackageRecord, 'digest' | 'product' | 'components'>,
    root: TrustedRoot,
  ): Promise<UvsError | 'trusted' | 'unknown'> => {
    if (store.sizeOf(digest) === undefined) return 'unknown';
    try {
      await using source = await openFileSource(store.pathOf(digest));
      const { manifest, signatures, rootChain } = await readParts(source, new AbortController().signal);
      verifyManifestSignatures(manifest, signatures, verifyRootChain(root, rootChain), { product, components });
      return 'trusted';
    } catch (error) {
      return isVerdict(error) ? error : 'unknown';
    }
  };
  const standings = new Map<string, UvsError | 'trusted'>();
  return {
    demand: async (digest) => void (await judged(digest)),
    taskLimitMs: async (digest) => (await judged(digest))?.taskLimitMs,
    refusal: async (record, root) => {
      const found = await look(record, root);
      return found instanceof UvsError ? found : undefined;
    },
    standing: async (record) => {
      const root = core.packageRoot.current().trusted;
      const key = `${record.digest} ${root.sha256}`;
      const known = store.sizeOf(record.digest) === undefined ? undefined : standings.get(key);
      if (known !== undefined) return known;
      const found = await look(record, root);
      const [oldest] = standings.keys();
      if (standings.size >= MAX_STANDINGS && oldest !== undefined) standings.delete(oldest);
      // what may be damaged is read again the next time
      if (found === 'trusted' || (found instanceof UvsError && found.reason !== 'SIGNATURE_INVALID')) standings.set(key, found);
      return found;
    },
  };
}
