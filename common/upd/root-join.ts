import { UvsError } from '../errors.ts';
import { PART_CAPS } from './container.ts';
import { encodeRootChain, parseRoot, parseRootChain, verifyRootChain, type SignedRoot, type TrustedRoot } from './root.ts';

/** A root file that is trusted, with the chain of all versions that lead to it, as others are told it. */
export interface KnownRoot {
  readonly trusted: TrustedRoot;
  /** From the version that was trusted first to the newest. */
  readonly chain: Uint8Array;
  /** Its first version: from an older one nothing leads on. */
  readonly firstVersion: number;
}

/** What is known where no chain has been seen: the root file that was given. */
export function givenRoot(given: TrustedRoot): KnownRoot {
  return { trusted: given, chain: encodeRootChain([{ bytes: given.bytes, signatures: [] }]), firstVersion: given.root.version };
}

/**
 * Follows a chain from what is known; links that are known stay as they are, those above are added. Where the chain leads no further, what is known
 * stays. @throws UvsError ROOT_INVALID, SIGNATURE_INVALID
 */
export function followChain(known: KnownRoot, chain: Uint8Array): KnownRoot {
  const trusted = verifyRootChain(known.trusted, chain);
  if (trusted.root.version === known.trusted.root.version) return known;
  const added = parseRootChain(chain).filter((link) => versionOf(link) > known.trusted.root.version);
  const bytes = encodeRootChain([...parseRootChain(known.chain), ...added]);
  if (bytes.length <= PART_CAPS.rootChain) return { trusted, chain: bytes, firstVersion: known.firstVersion };
  throw new UvsError(
    'ROOT_INVALID',
    `The chain of root files would have ${bytes.length} bytes; at most ${PART_CAPS.rootChain} are carried.`,
    {
      hint: 'Begin anew: make a first root file with a version above the newest (docs/keys.md, "When the root keys are lost").',
    },
  );
}

function versionOf({ bytes }: SignedRoot): number {
  return parseRoot(bytes).root.version;
}
