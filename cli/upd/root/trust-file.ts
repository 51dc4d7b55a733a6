import { writeFileAtomically } from '../../../common/atomic-file.ts';
import { UvsError } from '../../../common/errors.ts';
import {
  encodeRootChain,
  parseRoot,
  parseRootChain,
  verifyRootChain,
  type SignedRoot,
  type TrustedRoot,
} from '../../../common/upd/root.ts';
import { readSmallFile } from '../files.ts';

/** One version of a chain: what stands in the file, and what it says. */
export interface TrustLink {
  readonly signed: SignedRoot;
  readonly trusted: TrustedRoot;
}

/** The versions that a file holds, oldest first: one in a root file, all of them in a chain. The last one may still lack signatures. */
export type TrustFile = readonly [TrustLink, ...TrustLink[]];

const BRACKET = '['.charCodeAt(0);

/** Reads a root file or a chain of them; whether their signatures hold is not judged. @throws UvsError NOT_FOUND, ROOT_INVALID */
export async function readTrustFile(path: string): Promise<TrustFile> {
  return parseTrustFile(await readSmallFile(path), path);
}

export function parseTrustFile(bytes: Uint8Array, path: string): TrustFile {
  const isChain = Buffer.from(bytes).toString('latin1').trimStart().charCodeAt(0) === BRACKET;
  const signed = isChain ? parseRootChain(bytes) : [{ bytes, signatures: [] }];
  const [first, ...others] = signed.map((one): TrustLink => ({ signed: one, trusted: parseRoot(one.bytes) }));
  if (first === undefined)
    throw new UvsError('ROOT_INVALID', `${path} holds no root file.`, { hint: 'Name a root file or a chain of them.' });
  let before = first;
  for (const link of others) {
    if (link.trusted.root.version !== before.trusted.root.version + 1) {
      throw new UvsError(
        'ROOT_INVALID',
        `${path} goes from version ${before.trusted.root.version} to ${link.trusted.root.version}; each must be one above the last.`,
        { hint: 'Root files are missing in it: take the chain that "upd root next" has written.' },
      );
    }
    before = link;
  }
  return [first, ...others];
}

/** The version with which a file ends. */
export function newestLink(file: TrustFile): TrustLink {
  return file.at(-1) ?? file[0];
}

export function encodeTrustFile(file: readonly TrustLink[]): Uint8Array {
  return encodeRootChain(file.map(({ signed }) => signed));
}

/**
 * Follows a file from its own first version, or from a trusted one, to its last, which it returns.
 * @throws UvsError ROOT_INVALID where signatures are missing, SIGNATURE_INVALID
 */
export function followTrustFile(file: TrustFile, from: TrustedRoot = file[0].trusted): TrustedRoot {
  return verifyRootChain(from, encodeTrustFile(file));
}

/** The same file with other signatures of its last version. */
export function withSignatures(file: TrustFile, signatures: SignedRoot['signatures']): TrustFile {
  const newest = newestLink(file);
  const link: TrustLink = { ...newest, signed: { ...newest.signed, signatures } };
  const [first, ...others] = file;
  return others.length === 0 ? [link] : [first, ...others.slice(0, -1), link];
}

/** Writes a chain in the place of another one: it is the old or the new one, whatever happens. */
export async function replaceTrustFile(path: string, file: TrustFile): Promise<void> {
  await writeFileAtomically(path, encodeTrustFile(file), 0o644);
}
