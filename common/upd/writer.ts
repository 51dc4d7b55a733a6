import { createHash, randomBytes } from 'node:crypto';
import { unlink, type FileHandle } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import { UvsError } from '../errors.ts';
import { assemble, createTemporary } from './assemble.ts';
import { encodeParts } from './container.ts';
import { measureOrigin, nameOrigin, originBlock, readOrigin, type ContentOrigin, type Measured } from './content-origin.ts';
import { signBytes, type SigningKey } from './keys.ts';
import { Layout } from './layout.ts';
import { parseManifest } from './manifest-parse.ts';
import type {
  Barrier,
  ComponentOrder,
  FileEntry,
  Manifest,
  PutDirectory,
  PutFile,
  PutSymlink,
  RemovePath,
  Segment,
  Target,
  Task,
} from './manifest.ts';
import { hashManifest } from './open.ts';
import { comparePaths } from './paths.ts';
import { privilegedPaths } from './privileges.ts';
import { wrapContentKey } from './recipients.ts';
import { CONTENT_KEY_BYTES, commitmentOf } from './segment-cipher.ts';
import { SegmentWriter } from './segment-writer.ts';
import { encodeSignatures } from './signatures.ts';

type WithOrigin<T> = Omit<T, 'size' | 'sha256' | 'extents' | 'delta'> & { readonly origin: ContentOrigin };

export type FileSpec = WithOrigin<PutFile>;
export type EntrySpec = FileSpec | PutSymlink | PutDirectory | RemovePath;
export type TaskSpec = WithOrigin<Task>;

/** All that a package is to say, in the terms of the manifest. */
export interface PackageSpec {
  readonly product: string;
  readonly version: string;
  readonly components: Readonly<Record<string, ComponentOrder>>;
  readonly minAgent: string;
  readonly target: Target;
  readonly kind: 'full' | 'partial';
  readonly base?: string;
  readonly requires: readonly string[];
  /** In any order. */
  readonly files: readonly EntrySpec[];
  readonly tasks: readonly TaskSpec[];
  readonly services: readonly string[];
  readonly reboot: boolean;
  readonly brings: Readonly<Record<string, string>>;
  readonly barrier?: Barrier;
}

export interface WriteOptions {
  readonly keys: readonly SigningKey[];
  /** "age1…" each; none: not encrypted. */
  readonly recipients: readonly string[];
  /** A chain of root files as the part of the package holds it; none: empty. */
  readonly rootChain?: Uint8Array;
  /** zstd level, 1 to 19; 9 unless told. */
  readonly level?: number;
  /** 32 hex digits, for an unencrypted build only; derived from the content unless told, which makes the build reproducible. */
  readonly id?: string;
  /** Puts the package under its name, unless it may take the place of a file that is there. */
  readonly giveName?: (temporary: string, path: string) => Promise<void>;
  readonly onProgress?: (done: { readonly plainBytes: number; readonly totalBytes: number }) => void;
}

export interface WrittenPackage {
  readonly id: string;
  readonly manifestHash: string;
  /** sha256 (hex) of the file. */
  readonly digest: string;
  readonly sizeBytes: number;
  /** Different bytes that are packed, before compression. */
  readonly plainBytes: number;
  readonly fileCount: number;
  readonly segmentCount: number;
}

/** Blocks and inodes that a file system takes for an entry, reckoned generously. */
const BLOCK_BYTES = 4096;
const DEFAULT_LEVEL = 9;
/** Reading is synchronous; after so many bytes signals are heard. */
const BREATH_BYTES = 64 * 1024 * 1024;
const SMALL_FILE_COST = 64 * 1024;

/**
 * Builds a package file: reads every content twice (once for its hash, once to pack it), in memory that depends on the number of files and not
 * on their size; writes under a temporary name, syncs, renames. What stood at `path` before is replaced, unless `giveName` refuses.
 * @throws UvsError INVALID_ARGUMENT, NOT_FOUND, CONFLICT (a content changed while it was read), PACKAGE_MALFORMED (the spec breaks a rule of the format)
 */
export async function writePackage(path: string, spec: PackageSpec, options: WriteOptions, signal: AbortSignal): Promise<WrittenPackage> {
  if (options.keys.length === 0) {
    throw new UvsError('KEY_MISSING', 'No key is given to sign the package with.', {
      hint: 'Name one with --key; "upd keygen" makes one.',
    });
  }
  const contents = await measureContents(spec, signal);
  const encryption = await encryptionFor(options);

  await using stack = new AsyncDisposableStack();
  const segmentFile = await createTemporary(`${path}.segments-${randomBytes(6).toString('hex')}`);
  stack.adopt(segmentFile.file, (file) => file.close());
  // Unlinked at once: nothing is left behind, whatever happens.
  await unlink(segmentFile.path);

  const segments = await packSegments(segmentFile.file, contents, encryption, options, signal);
  const manifestBytes = encodeManifest(spec, contents, segments, encryption);
  const manifest = parseManifest(manifestBytes);
  const signatures = encodeSignatures(options.keys.map((key) => signBytes('manifest', manifestBytes, key)));
  const head = encodeParts({
    signatures: Buffer.from(JSON.stringify(signatures)),
    rootChain: options.rootChain ?? Buffer.alloc(0),
    recipients: encryption.recipients,
    manifest: manifestBytes,
  });
  const { digest, sizeBytes } = await assemble(path, head, segmentFile.file, signal, 0, options.giveName);
  return {
    id: manifest.id,
    manifestHash: hashManifest(manifestBytes),
    digest,
    sizeBytes,
    plainBytes: contents.layout.plainBytes,
    fileCount: manifest.files.length,
    segmentCount: segments.length,
  };
}

interface Contents {
  readonly layout: Layout;
  readonly measured: ReadonlyMap<ContentOrigin, Measured>;
  /** Each different content once, in the order of its bytes in the segments. */
  readonly unique: readonly (Measured & { readonly origin: ContentOrigin })[];
  readonly files: readonly EntrySpec[];
}

/** Tasks come first, so that they lie together; then files in the order of their paths, so that one pass serves them in order. */
async function measureContents(spec: PackageSpec, signal: AbortSignal): Promise<Contents> {
  const block = originBlock();
  const layout = new Layout();
  const measured = new Map<ContentOrigin, Measured>();
  const unique: (Measured & { readonly origin: ContentOrigin })[] = [];
  const files = spec.files.toSorted((a, b) => comparePaths(a.path, b.path));
  let unheard = 0;
  for (const item of [...spec.tasks, ...files]) {
    if (!('origin' in item)) continue;
    const measure = measureOrigin(item.origin, block);
    unheard += measure.size + SMALL_FILE_COST;
    if (unheard > BREATH_BYTES) {
      unheard = 0;
      await setImmediate();
      signal.throwIfAborted();
    }
    measured.set(item.origin, measure);
    if (layout.add(measure)) unique.push({ ...measure, origin: item.origin });
  }
  return { layout, measured, unique, files };
}

interface Encryption {
  /** Set where the id can't be derived from the content. */
  readonly id: string | undefined;
  readonly contentKey: Uint8Array | undefined;
  readonly recipients: Uint8Array;
}

/** A content key and an id serve one build only: together they are what keeps every nonce unique. */
async function encryptionFor({ recipients, id }: WriteOptions): Promise<Encryption> {
  if (recipients.length === 0) return { id, contentKey: undefined, recipients: Buffer.alloc(0) };
  if (id !== undefined) {
    throw new UvsError('INVALID_ARGUMENT', "An encrypted package gets a random id; it can't be given.", { hint: 'Leave the id out.' });
  }
  const contentKey = randomBytes(CONTENT_KEY_BYTES);
  return { id: randomBytes(16).toString('hex'), contentKey, recipients: await wrapContentKey(contentKey, recipients) };
}

async function packSegments(
  file: FileHandle,
  { layout, unique }: Contents,
  { id, contentKey }: Encryption,
  { level = DEFAULT_LEVEL, onProgress }: WriteOptions,
  signal: AbortSignal,
): Promise<readonly Segment[]> {
  const writer = new SegmentWriter(file, {
    level,
    id: id ?? '',
    count: layout.segmentCount,
    contentKey,
    concurrency: Math.min(4, availableParallelism()),
  });
  const block = originBlock();
  const totalBytes = layout.plainBytes;
  let plainBytes = 0;
  try {
    for (const { origin, size, sha256 } of unique) {
      const hash = createHash('sha256');
      let read = 0;
      signal.throwIfAborted();
      for (const bytes of readOrigin(origin, block)) {
        read += bytes.length;
        if (read > size) throw changed(origin);
        hash.update(bytes);
        await writer.write(bytes);
        plainBytes += bytes.length;
        onProgress?.({ plainBytes, totalBytes });
      }
      if (read !== size || hash.digest('hex') !== sha256) throw changed(origin);
    }
    await writer.end();
  } finally {
    await writer.abandon();
  }
  return writer.segments;
}

function changed(origin: ContentOrigin): UvsError {
  return new UvsError('CONFLICT', `${nameOrigin(origin)} changed while it was being packed.`, {
    hint: 'Build again when nothing writes there.',
  });
}

const ID_TO_BE_DERIVED = '0'.repeat(32);

function encodeManifest(
  spec: PackageSpec,
  { layout, measured, files: entries }: Contents,
  segments: readonly Segment[],
  { id, contentKey }: Encryption,
): Buffer {
  const place = <T extends { readonly origin: ContentOrigin }>({ origin, ...rest }: T) => {
    const measure = measured.get(origin) ?? { size: 0, sha256: '' };
    return { ...rest, size: measure.size, sha256: measure.sha256, extents: layout.extentsOf(measure) };
  };
  const files: FileEntry[] = entries.map((entry) => ('origin' in entry ? place(entry) : entry));
  const privileged = privilegedPaths(files);
  const manifest: Manifest = {
    format: 1,
    id: id ?? ID_TO_BE_DERIVED,
    product: spec.product,
    version: spec.version,
    components: spec.components,
    minAgent: spec.minAgent,
    target: spec.target,
    kind: spec.kind,
    ...(spec.base === undefined ? {} : { base: spec.base }),
    requires: spec.requires,
    ...(contentKey === undefined ? {} : { encryption: { cipher: 'AES-256-GCM', keyCommitment: commitmentOf(contentKey) } }),
    segments,
    files,
    packages: [],
    tasks: spec.tasks.map((task) => place(task)),
    services: spec.services,
    reboot: spec.reboot,
    spaceBytes: spaceFor(files),
    brings: spec.brings,
    ...(privileged === undefined ? {} : { privileged }),
    ...(spec.barrier === undefined ? {} : { barrier: spec.barrier }),
  };
  const bytes = Buffer.from(JSON.stringify(manifest));
  if (id !== undefined) return bytes;
  const derived = createHash('sha256').update('uvs/1/id\0').update(bytes).digest('hex').slice(0, 32);
  return Buffer.from(JSON.stringify({ ...manifest, id: derived }));
}

function spaceFor(files: readonly FileEntry[]): number {
  let total = 0;
  for (const entry of files) {
    const size = entry.op === 'put' && entry.type === 'file' ? entry.size : 0;
    total += (Math.ceil(size / BLOCK_BYTES) + 1) * BLOCK_BYTES;
  }
  return total;
}
