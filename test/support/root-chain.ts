import { signBytes, type SigningKey } from '../../common/upd/keys.ts';
import { encodeRoot, encodeRootChain, type Root, type SignedRoot } from '../../common/upd/root.ts';

/** Signs a root file with keys of its own and of its predecessor. */
export function signRoot(bytes: Uint8Array, signers: readonly SigningKey[]): SignedRoot {
  return { bytes, signatures: signers.map((key) => signBytes('root', bytes, key)) };
}

/** A root file of a version with one set of root keys and one of vendor keys, signed by whoever the test says. */
export function linkOf(
  version: number,
  {
    root,
    vendor,
    threshold = 1,
  }: { readonly root: readonly SigningKey[]; readonly vendor: readonly SigningKey[]; readonly threshold?: number },
  signers: readonly SigningKey[],
): SignedRoot {
  const file: Root = {
    format: 1,
    version,
    root: { keys: root, threshold },
    vendor: { keys: vendor, threshold: 1, products: ['uvs'] },
  };
  return signRoot(encodeRoot(file), signers);
}

export function chainOf(...links: readonly SignedRoot[]): Buffer {
  return Buffer.from(encodeRootChain(links));
}
