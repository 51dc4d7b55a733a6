import { toUvsError } from '../../common/errors.ts';
import { verifyRootChain, type TrustedRoot } from '../../common/upd/root.ts';
import { followTrustFile, newestLink, parseTrustFile, readTrustFile } from './root/trust-file.ts';

/** The newest root file that a file holds: itself, or the last of a chain, each version of which is followed from the first. @throws UvsError ROOT_INVALID */
export async function readNewestRoot(path: string): Promise<TrustedRoot> {
  return followTrustFile(await readTrustFile(path));
}

/** What a package's own chain ends with, as it says; undefined where it carries none. Nothing about it is proven. */
export function carriedRoot(rootChain: Uint8Array, path: string): TrustedRoot | undefined {
  return rootChain.length === 0 ? undefined : newestLink(parseTrustFile(rootChain, path)).trusted;
}

/**
 * The root file by which a package is judged where one is given: what the package's own chain leads to from there, as `upd verify` and nodes have it. One that
 * doesn't follow leads nowhere: then it is the given one, with why.
 */
export function rootFollowed(given: TrustedRoot, rootChain: Uint8Array): { readonly root: TrustedRoot; readonly broken?: string } {
  try {
    return { root: verifyRootChain(given, rootChain) };
  } catch (error) {
    return { root: given, broken: toUvsError(error).message };
  }
}
