import { createHash } from 'node:crypto';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { generateSigningKey, type SigningKey } from '../../common/upd/keys.ts';
import { encodeRoot, parseRoot, type Root, type SignedRoot, type TrustedRoot } from '../../common/upd/root.ts';
import { signRoot } from '../support/root-chain.ts';

/** Who may sign what where the attacks are tried, and what a thief may have got hold of. */
export interface Kit {
  /** Three vendor keys, of which two must sign. */
  readonly vendor: readonly [SigningKey, SigningKey, SigningKey];
  /** Signs the product "local" alone. */
  readonly site: SigningKey;
  /** Signs root files. */
  readonly rootKey: SigningKey;
  /** A vendor key until root file version 2, withdrawn by version 3. */
  readonly withdrawn: SigningKey;
  readonly stranger: SigningKey;
  /** Version 3: what node and coordinator trust. */
  readonly root: TrustedRoot;
  /** Versions 2 and 3, as a package may carry them. */
  readonly chain: readonly SignedRoot[];
  /** The cluster's, for encrypted packages. */
  readonly identity: string;
  readonly recipient: string;
  /** Of another cluster. */
  readonly otherRecipient: string;
}

/** What a kit is made of. */
export interface KitOrigin {
  readonly key: (name: string) => SigningKey;
  /** Age identity. */
  readonly identity: (name: string) => string | Promise<string>;
}

const newEachTime: KitOrigin = { key: generateSigningKey, identity: generateX25519Identity };

export async function makeKit({ key, identity: identityOf }: KitOrigin = newEachTime): Promise<Kit> {
  const vendor = [key('vendor 1'), key('vendor 2'), key('vendor 3')] as const;
  const [site, rootKey, withdrawn, stranger] = [key('site'), key('root'), key('withdrawn'), key('stranger')];
  const rules: Omit<Root, 'version' | 'vendor'> = {
    format: 1,
    root: { keys: [rootKey], threshold: 1 },
    site: { keys: [site], threshold: 1, products: ['local'] },
  };
  const second = encodeRoot({ ...rules, version: 2, vendor: { keys: [...vendor, withdrawn], threshold: 1, products: ['uvs'] } });
  const third = encodeRoot({ ...rules, version: 3, vendor: { keys: vendor, threshold: 2, products: ['uvs'] } });
  const identity = await identityOf('cluster');
  return {
    vendor: [...vendor],
    site,
    rootKey,
    withdrawn,
    stranger,
    root: parseRoot(third),
    chain: [signRoot(second, [rootKey]), signRoot(third, [rootKey])],
    identity,
    recipient: await identityToRecipient(identity),
    otherRecipient: await identityToRecipient(await identityOf('another cluster')),
  };
}

/** Bytes that no compression makes smaller and no two names share. */
export function noise(name: string, length: number): Buffer {
  const blocks: Buffer[] = [];
  for (let done = 0; done < length; done += 32) blocks.push(createHash('sha256').update(`${name} ${done}`).digest());
  return Buffer.concat(blocks).subarray(0, length);
}

/** Bytes that a hundred bytes of zstd hold. */
export function repetition(name: string, length: number): Buffer {
  return Buffer.alloc(length, noise(name, 61));
}
