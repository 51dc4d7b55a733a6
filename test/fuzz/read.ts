import { createHash, type Hash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { zstdDecompressSync } from 'node:zlib';
import * as v from 'valibot';
import { toUvsError, UvsError, type Reason } from '../../common/errors.ts';
import type { Content } from '../../common/upd/manifest.ts';
import { openPackage, type OpenedPackage } from '../../common/upd/open.ts';
import { checkContentKey, unwrapContentKey } from '../../common/upd/recipients.ts';
import { checkInstallable } from '../../common/upd/requirements.ts';
import { streamContents } from '../../common/upd/segments.ts';
import type { Kit } from '../bad/kit.ts';
import { sampleFacts } from '../support/sample-node.ts';
import { memorySource } from '../support/upd.ts';
import { installed } from './seeds.ts';
import type { Signer } from './signer.ts';

/** What a package may be refused for; any other reason is a mistake of the reader's. */
const allowed: ReadonlySet<Reason> = new Set<Reason>([
  'PACKAGE_MALFORMED',
  'PACKAGE_TRUNCATED',
  'PACKAGE_FORMAT_TOO_NEW',
  'PACKAGE_CORRUPT',
  'SIGNATURE_INVALID',
  'SIGNATURE_MISSING',
  'KEY_UNKNOWN',
  'ROOT_INVALID',
  'KEY_WRONG',
  'TARGET_MISMATCH',
  'RELEASE_NOT_NEWER',
  'RELEASE_CONTENT_CHANGED',
  'BASE_MISMATCH',
  'AGENT_TOO_OLD',
]);

export interface Outcome {
  /** TAKEN, or the reason of the refusal. */
  readonly reason: Reason | 'TAKEN';
  readonly message: string;
}

/** Reads a package as an agent does, to its last content, and judges the reader. @throws Error what the reader did wrong */
export async function readAsAgent(bytes: Buffer, kit: Kit, signer: Signer): Promise<Outcome> {
  try {
    await read(bytes, kit, signer);
    return { reason: 'TAKEN', message: '' };
  } catch (thrown) {
    if (thrown instanceof BrokenRule) throw thrown;
    const error = toUvsError(thrown);
    if (!allowed.has(error.reason)) throw new BrokenRule(`refused with ${error.reason}: ${error.message}`, { cause: thrown });
    if (error.message.length > 2000) throw new BrokenRule(`a message of ${error.message.length} characters`, { cause: thrown });
    return { reason: error.reason, message: error.message };
  }
}

export class BrokenRule extends Error {}

async function read(bytes: Buffer, kit: Kit, signer: Signer): Promise<void> {
  const { signal } = new AbortController();
  const source = memorySource(bytes);
  const pkg = await openPackage(source, { root: kit.root }, signal);
  demandSigned(pkg, kit, signer);
  demandPlainReading(pkg);
  const node = { ...sampleFacts, board: 'b1', installed, packageManagers: ['rpm', 'deb'] as const };
  if (checkInstallable(pkg, node) === 'already-installed') throw new BrokenRule('nothing of the kind is installed');
  const key = pkg.manifest.encryption === undefined ? undefined : await unwrapContentKey(pkg.recipients, kit.identity);
  checkContentKey(pkg.manifest, key);
  await readContents(pkg, key, bytes);
}

/** Whom the reader believes to have signed must have signed. */
function demandSigned({ manifest, manifestBytes, root, signers }: OpenedPackage, kit: Kit, signer: Signer): void {
  if (root.sha256 !== kit.root.sha256 && signer.count('root', root.bytes, [kit.rootKey.keyId]) === 0)
    throw new BrokenRule('a root file was taken that nobody signed');
  const vouches = signers.some(({ role, keyIds }) => {
    const rules = root.root[role];
    return (
      rules?.products.includes(manifest.product) === true &&
      signer.count('manifest', manifestBytes, [...new Set(keyIds)]) >= rules.threshold
    );
  });
  if (!vouches) throw new BrokenRule('a manifest was taken that was not signed by enough');
}

/** What was taken says the same to whoever reads it more laxly, and leads nowhere else. */
function demandPlainReading({ manifest, manifestBytes }: OpenedPackage): void {
  const lax: unknown = JSON.parse(Buffer.from(manifestBytes).toString());
  if (!isDeepStrictEqual(lax, manifest)) throw new BrokenRule('JSON.parse reads another manifest');
  const kinds = new Map(manifest.files.map((entry) => [entry.path, entry]));
  if (kinds.size !== manifest.files.length) throw new BrokenRule('a path stands twice');
  for (const { path, op } of manifest.files) {
    const names = path.split('/');
    if (names.some((name) => name === '' || name === '.' || name === '..' || name.includes('\0') || Buffer.byteLength(name) > 255))
      throw new BrokenRule(`the path ${JSON.stringify(path)} was taken`);
    for (let depth = 1; depth < names.length; depth += 1) {
      const above = kinds.get(names.slice(0, depth).join('/'));
      if (op === 'put' && above !== undefined && !(above.op === 'put' && above.type === 'directory'))
        throw new BrokenRule(`${path} is put below what is no directory`);
    }
  }
}

/** Of each segment that was read the decoder itself has used every byte. */
function demandWholeFrames({ manifest, segmentsOffset }: OpenedPackage, bytes: Buffer, needed: ReadonlySet<number>): void {
  if (manifest.encryption !== undefined) return;
  for (const index of needed) {
    const segment = manifest.segments[index];
    if (segment === undefined) throw new BrokenRule('a content was read from no segment');
    const from = segmentsOffset + segment.offset;
    const usedBytes = frameBytes(bytes.subarray(from, from + segment.length));
    if (usedBytes !== segment.length) throw new BrokenRule(`of a segment of ${segment.length} bytes the frame has ${usedBytes}`);
  }
}

const consumed = v.object({ engine: v.object({ bytesWritten: v.number() }) });

function frameBytes(stored: Buffer): number {
  const result: unknown = zstdDecompressSync(stored, { info: true });
  return v.parse(consumed, result).engine.bytesWritten;
}

async function readContents(pkg: OpenedPackage, key: Uint8Array | undefined, bytes: Buffer): Promise<void> {
  const files = pkg.manifest.files.filter((entry) => entry.op === 'put' && entry.type === 'file');
  const contents: readonly Content[] = [...pkg.manifest.tasks, ...files];
  const done = new Map<Content, { readonly hash: Hash; size: number }>();
  for await (const { content, offset, bytes: piece } of streamContents(
    memorySource(bytes),
    pkg,
    contents,
    key,
    new AbortController().signal,
  )) {
    const state = done.get(content) ?? { hash: createHash('sha256'), size: 0 };
    done.set(content, state);
    if (offset !== state.size) throw new BrokenRule('a piece of a content came out of its turn');
    state.hash.update(piece);
    state.size += piece.length;
  }
  demandWholeFrames(pkg, bytes, new Set(contents.flatMap(({ extents }) => extents.map(({ segment }) => segment))));
  for (const content of contents) {
    const state = done.get(content);
    if (state?.size !== content.size) throw new BrokenRule(`a content of ${content.size} bytes came with ${state?.size ?? 0}`);
    if (state.hash.digest('hex') !== content.sha256) throw new UvsError('PACKAGE_CORRUPT', 'a content is not what the manifest says');
  }
}
