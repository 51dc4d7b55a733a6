import { createHash } from 'node:crypto';
import { signBytes, type Signature, type SignatureDomain, type SigningKey } from '../../common/upd/keys.ts';

/** Signs for the fuzzer, and remembers what was signed by whom: nothing else may ever be taken. */
export class Signer {
  readonly #signed = new Map<string, Set<string>>();

  sign(domain: SignatureDomain, bytes: Uint8Array, keys: readonly SigningKey[]): readonly Signature[] {
    const signers = this.#signersOf(domain, bytes);
    return keys.map((key) => {
      signers.add(key.keyId);
      return signBytes(domain, bytes, key);
    });
  }

  /** How many of these keys have signed that. */
  count(domain: SignatureDomain, bytes: Uint8Array, keyIds: readonly string[]): number {
    const signers = this.#signersOf(domain, bytes);
    return keyIds.filter((keyId) => signers.has(keyId)).length;
  }

  /** What the corpus brings was signed in an earlier run. */
  remember(domain: SignatureDomain, bytes: Uint8Array, keyIds: readonly string[]): void {
    const signers = this.#signersOf(domain, bytes);
    for (const keyId of keyIds) signers.add(keyId);
  }

  #signersOf(domain: SignatureDomain, bytes: Uint8Array): Set<string> {
    const name = `${domain} ${createHash('sha256').update(bytes).digest('hex')}`;
    const known = this.#signed.get(name) ?? new Set<string>();
    this.#signed.set(name, known);
    return known;
  }
}
