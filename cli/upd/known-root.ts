import type { TrustedRoot } from '../../common/upd/root.ts';
import { followTrustFile, newestLink, parseTrustFile, readTrustFile } from './root/trust-file.ts';

/** The newest root file that a file holds: itself, or the last of a chain, each version of which is followed from the first. @throws UvsError ROOT_INVALID */
export async function readNewestRoot(path: string): Promise<TrustedRoot> {
  return followTrustFile(await readTrustFile(path));
}

/** What a package's own chain ends with, as it says; undefined where it carries none. Nothing about it is proven. */
export function carriedRoot(rootChain: Uint8Array, path: string): TrustedRoot | undefined {
  return rootChain.length === 0 ? undefined : newestLink(parseTrustFile(rootChain, path)).trusted;
}
