import type { Reason } from '../../common/errors.ts';
import type { PartName } from '../../common/upd/container.ts';
import { signBytes, type Signature, type SigningKey } from '../../common/upd/keys.ts';
import { wrapContentKey } from '../../common/upd/recipients.ts';
import { commitmentOf, encryptSegment } from '../../common/upd/segment-cipher.ts';
import { encodeSignatures } from '../../common/upd/signatures.ts';
import { sha256, zstdFrame } from '../support/upd.ts';
import { noise, repetition, type Kit } from './kit.ts';

export type Json = Record<string, unknown>;

/** A package that must be refused. */
export interface Attack {
  readonly name: string;
  readonly reason: Reason;
  readonly make: (kit: Kit) => Promise<Buffer>;
  /** Whether it shows only by what a node is or remembers: a coordinator takes it. */
  readonly isOnlyForNode?: true;
}

/** What an attacker does, in the order of these fields; each leaves the rest as a builder makes it. */
export interface Forgery {
  /** The package is encrypted, for whom; its key is `contentKey`. */
  readonly encryptedFor?: 'us' | 'others';
  /** Segments as they are stored, which the manifest then states and is signed with. */
  readonly segments?: (stored: readonly Buffer[], place: Sealing) => readonly Buffer[];
  readonly manifest?: (manifest: Json, kit: Kit) => Json;
  /** The manifest as text, for what no object says. */
  readonly text?: (text: string) => string | Buffer;
  /** Default: two of the vendor's. */
  readonly keys?: (kit: Kit) => readonly SigningKey[];
  /** The parts as they go into the file; a manifest that differs here is not the one that was signed. */
  readonly parts?: (
    parts: Record<PartName, Buffer>,
    kit: Kit,
  ) => Partial<Record<PartName, Buffer>> | Promise<Partial<Record<PartName, Buffer>>>;
  /** The segment area as it goes into the file; segments that differ here are not the ones that were signed. */
  readonly area?: (stored: readonly Buffer[]) => readonly Buffer[];
  readonly file?: (file: Buffer, at: Offsets) => Buffer;
}

/** Seals a segment's plain bytes as the builder of an encrypted package does. */
export type Sealing = (frame: Buffer, index: number, count?: number, id?: string) => Buffer;

/** Where things begin in the file. */
export interface Offsets {
  readonly manifest: number;
  readonly segments: number;
}

export const plains = [repetition('first', 5000), repetition('second', 6000)] as const;
export const frames = plains.map((plain) => zstdFrame(plain));
export const contentKey = noise('content key', 32);
export const otherId = 'cd'.repeat(16);
const id = 'ab'.repeat(16);

/** The release before the attacks: epoch 1, release 7 of "uvs" and release 3 of "extra". */
export const baseline = { epoch: 1, releaseSeq: 7, extraSeq: 3 } as const;

/** A task that is sound in every respect. */
export const soundTask: Json = {
  stage: 'pre',
  name: 'check',
  ...contentOf(plains[0].subarray(0, 100), [{ segment: 0, offset: 0, length: 100 }]),
  args: [],
  timeoutSeconds: 10,
  idempotent: true,
};

export const soundFile: Json = {
  path: 'etc/motd',
  op: 'put',
  type: 'file',
  mode: 0o644,
  uid: 0,
  gid: 0,
  xattrs: {},
  ...contentOf(plains[0], [{ segment: 0, offset: 0, length: 5000 }]),
  config: 'replace',
  linkGroup: 0,
};

const secondFile: Json = {
  ...soundFile,
  path: 'opt/app/data',
  ...contentOf(plains[1], [{ segment: 1, offset: 0, length: 6000 }]),
};

export function contentOf(bytes: Uint8Array, extents: readonly Json[]): Json {
  return { size: bytes.length, sha256: sha256(bytes), extents };
}

function soundManifest(stored: readonly Buffer[], isEncrypted: boolean): Json {
  let offset = 0;
  const segments = stored.map((bytes, index) => {
    const segment = { offset, length: bytes.length, sha256: sha256(bytes), plainLength: plains[index]?.length ?? 1 };
    offset += bytes.length;
    return segment;
  });
  return {
    format: 1,
    id,
    product: 'uvs',
    version: '2.14.8',
    components: { uvs: { epoch: baseline.epoch, releaseSeq: baseline.releaseSeq + 1 } },
    minAgent: '0.1.0',
    target: { distro: 'debian', distroVersions: ['12'], archs: ['amd64'], boards: ['b1'], roles: ['osd'] },
    kind: 'full',
    requires: [],
    ...(isEncrypted ? { encryption: { cipher: 'AES-256-GCM', keyCommitment: commitmentOf(contentKey) } } : {}),
    segments,
    files: [soundFile, secondFile],
    packages: [],
    tasks: [soundTask],
    services: [],
    reboot: false,
    spaceBytes: 1 << 20,
    brings: { uvs: '2.14.8' },
  };
}

/** Puts a package together by hand, so that anything about it may be wrong and still be signed. */
export async function forge(kit: Kit, forgery: Forgery): Promise<Buffer> {
  const isEncrypted = forgery.encryptedFor !== undefined;
  const seal: Sealing = (frame, index, count = 2, packageId = id) => encryptSegment(frame, contentKey, { id: packageId, index, count });
  const made = isEncrypted ? frames.map((frame, index) => seal(frame, index)) : frames;
  const stored = forgery.segments?.(made, seal) ?? made;
  const manifest = soundManifest(stored, isEncrypted);
  const text = JSON.stringify(forgery.manifest?.(manifest, kit) ?? manifest);
  const signed = Buffer.from(forgery.text?.(text) ?? text);
  const keys = forgery.keys?.(kit) ?? kit.vendor.slice(0, 2);
  const wrapped = isEncrypted ? await wrapContentKey(contentKey, [forgery.encryptedFor === 'us' ? kit.recipient : kit.otherRecipient]) : [];
  const sound = {
    signatures: listOf(keys.map((key) => signBytes('manifest', signed, key))),
    rootChain: Buffer.alloc(0),
    recipients: Buffer.from(wrapped),
    manifest: signed,
  };
  const parts = { ...sound, ...(await forgery.parts?.(sound, kit)) };
  const head = headOf(parts);
  const file = Buffer.concat([head, ...(forgery.area?.(stored) ?? stored)]);
  return forgery.file?.(file, { manifest: head.length - parts.manifest.length, segments: head.length }) ?? file;
}

/** A list of signatures as a package holds it. */
export function listOf(signatures: readonly Signature[]): Buffer {
  return Buffer.from(JSON.stringify(encodeSignatures(signatures)));
}

/** Unlike the writer's it knows no caps. */
function headOf(parts: Record<PartName, Buffer>): Buffer {
  const names = ['signatures', 'rootChain', 'recipients', 'manifest'] as const;
  const chunks = names.flatMap((name) => [u32(parts[name].length), parts[name]]);
  return Buffer.concat([Buffer.from('UVSUPD1\n'), ...chunks]);
}

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** The same bytes with one bit turned; negative: from the end. */
export function flipped(bytes: Buffer, at: number, mask = 1): Buffer {
  const changed = Buffer.from(bytes);
  const place = at < 0 ? changed.length + at : at;
  changed.writeUInt8(changed.readUInt8(place) ^ mask, place);
  return changed;
}

/** Names many forgeries that are refused for one reason. */
export function attacks(
  reason: Reason,
  group: string,
  forgeries: Readonly<Record<string, Forgery>>,
  more: Pick<Attack, 'isOnlyForNode'> = {},
): readonly Attack[] {
  // a name __proto__ that is not quoted and bracketed would be no attack at all
  if (Object.getPrototypeOf(forgeries) !== Object.prototype) throw new Error(`an attack of ${group} is called __proto__`);
  return Object.entries(forgeries).map(([name, forgery]) => ({
    name: `${group}: ${name}`,
    reason,
    make: (kit) => forge(kit, forgery),
    ...more,
  }));
}

/** With some keys of the manifest changed. */
export const changed = (change: Json): Forgery => ({ manifest: (manifest) => ({ ...manifest, ...change }) });
/** With other files in the place of the sound ones. */
export const files = (...list: readonly Json[]): Forgery => changed({ files: list });
/** With a file that differs from a sound one. */
export const file = (change: Json): Forgery => files({ ...soundFile, ...change });
