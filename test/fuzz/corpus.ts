import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isSignedBy, type PublicKey, type SignatureDomain } from '../../common/upd/keys.ts';
import type { Kit } from '../bad/kit.ts';
import { objectsIn, parseJson, takeApart } from './draft.ts';
import type { Signer } from './signer.ts';

/** Packages that are kept in the repository: sound ones, and one for each way in which the reader was seen to refuse. */
const directory = fileURLToPath(new URL('corpus', import.meta.url));

/** Larger ones are not kept, nor changed again. */
export const MAX_KEPT_BYTES = 64 * 1024;

export function readCorpus(): readonly Kept[] {
  return readdirSync(directory)
    .toSorted()
    .map((name) => ({ name, reason: reasonIn(name), bytes: readFileSync(join(directory, name)) }));
}

interface Kept {
  readonly name: string;
  /** What it must be refused for, or TAKEN; its name begins with it. */
  readonly reason: string;
  readonly bytes: Buffer;
}

function reasonIn(name: string): string {
  return name
    .replace(/-[^-]*$/, '')
    .replaceAll('-', '_')
    .toUpperCase();
}

/** What the corpus is signed with counts as signed; it was signed in an earlier run. */
export function rememberSignatures(bytes: Buffer, kit: Kit, signer: Signer): void {
  const draft = takeApart(bytes);
  if (draft === undefined) return;
  const { signatures, rootChain, manifest } = draft.parts;
  remember('manifest', manifest, parseJson(signatures), [...kit.vendor, kit.site], signer);
  for (const link of objectsIn(parseJson(rootChain))) {
    const root = Buffer.from(String(link['root']), 'base64');
    remember('root', root, link['signatures'], [kit.rootKey], signer);
  }
}

function remember(domain: SignatureDomain, bytes: Buffer, signatures: unknown, keys: readonly PublicKey[], signer: Signer): void {
  const holds = (key: PublicKey): boolean =>
    objectsIn(signatures).some(
      ({ keyId, signature }) => keyId === key.keyId && isSignedBy(domain, bytes, Buffer.from(String(signature), 'base64'), key.raw),
    );
  signer.remember(
    domain,
    bytes,
    keys.filter(holds).map(({ keyId }) => keyId),
  );
}

/** Keeps packages, each under the reason of its outcome and a hash. */
export function saveCorpus(into: string, found: readonly { readonly name: string; readonly bytes: Buffer }[]): void {
  mkdirSync(into, { recursive: true });
  for (const { name, bytes } of found) {
    const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 8);
    writeFileSync(join(into, `${name.toLowerCase().replaceAll('_', '-')}-${hash}.upd`), bytes);
  }
}
