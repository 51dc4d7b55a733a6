import { UvsError } from '../../../common/errors.ts';
import type { TrustedRoot } from '../../../common/upd/root.ts';
import { followTrustFile, newestLink, readTrustFile, type TrustFile, type TrustLink } from './trust-file.ts';

/** How a person names the root file that they trust, of whichever version. */
export interface TrustOptions {
  readonly root?: string;
  readonly sha256?: string;
}

/** @throws UvsError INVALID_ARGUMENT, ROOT_INVALID */
export async function trustedOf(file: TrustFile, path: string, { root, sha256 }: TrustOptions): Promise<TrustedRoot> {
  if ((root === undefined) === (sha256 === undefined)) {
    throw new UvsError('INVALID_ARGUMENT', 'What is trusted is named by either --root or --sha256.', { hint: 'Give one of them.' });
  }
  if (root !== undefined) return newestLink(await readTrustFile(root)).trusted;
  const found = file.find(({ trusted }) => trusted.sha256 === sha256);
  if (found !== undefined) return found.trusted;
  throw new UvsError('ROOT_INVALID', `${path} holds no root file whose sha256 is ${sha256}.`, {
    hint: 'Take the chain from its first version on, or give the sha256 of one that it holds.',
  });
}

/**
 * Sees that the version which a draft follows is the one to which the trusted root file leads: what a draft changes is told against that version, so that
 * a forged one would have a person sign what they don't see. @throws UvsError ROOT_INVALID, SIGNATURE_INVALID
 */
export function demandTrusted(file: TrustFile, before: TrustLink, path: string, trusted: TrustedRoot): void {
  const [first, ...others] = file.slice(0, -1);
  const known = first === undefined ? undefined : followTrustFile([first, ...others], trusted);
  if (known?.sha256 === before.trusted.sha256) return;
  throw new UvsError(
    'ROOT_INVALID',
    `${path} builds on a version ${before.trusted.root.version} that is not the one you trust (its sha256 is ${before.trusted.sha256}).`,
    { hint: 'Sign nothing of it, and ask whoever made it: somebody may want your signature under what you do not see.' },
  );
}
