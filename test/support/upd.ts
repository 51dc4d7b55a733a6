import { createHash, randomBytes } from 'node:crypto';
import { zstdCompressSync, constants } from 'node:zlib';
import { UvsError, type Reason } from '../../common/errors.ts';
import { encodeParts, type PartName } from '../../common/upd/container.ts';
import { generateSigningKey, signBytes, type SigningKey } from '../../common/upd/keys.ts';
import type { Manifest } from '../../common/upd/manifest.ts';
import { encodeRoot, parseRoot, type Root, type TrustedRoot } from '../../common/upd/root.ts';
import { encodeSignatures } from '../../common/upd/signatures.ts';
import type { PackageSource } from '../../common/upd/source.ts';

/** A signing key and a root that trusts it for the product "uvs". */
export function makeTrust(): { readonly key: SigningKey; readonly root: TrustedRoot } {
  const key = generateSigningKey();
  return {
    key,
    root: rootOf({ version: 1, root: { keys: [key], threshold: 1 }, vendor: { keys: [key], threshold: 1, products: ['uvs'] } }),
  };
}

export function rootOf(root: Omit<Root, 'format'>): TrustedRoot {
  return parseRoot(encodeRoot({ format: 1, ...root }));
}

/** A package in memory. */
export function memorySource(
  bytes: Uint8Array,
): PackageSource & { readonly reads: { readonly offset: number; readonly length: number }[] } {
  const reads: { readonly offset: number; readonly length: number }[] = [];
  return {
    reads,
    sizeBytes: bytes.length,
    read: async (offset, length) => {
      reads.push({ offset, length });
      if (offset + length > bytes.length) throw new UvsError('PACKAGE_TRUNCATED', `The bytes end before ${offset + length}.`);
      return bytes.subarray(offset, offset + length);
    },
  };
}

/** One zstd frame that states its content size. */
export function zstdFrame(plain: Uint8Array): Buffer {
  return zstdCompressSync(plain, { pledgedSrcSize: plain.length, params: { [constants.ZSTD_c_contentSizeFlag]: 1 } });
}

export function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Says what an async act was refused for, or undefined where it was not refused. */
export async function refusal(act: () => unknown): Promise<Reason | undefined> {
  try {
    await act();
    return undefined;
  } catch (error) {
    if (error instanceof UvsError) return error.reason;
    throw error;
  }
}

/** A sound manifest with one file, "etc/motd", in one segment; change it to taste. */
export function sampleManifest(segments: readonly Buffer[], plains: readonly Buffer[]): Manifest {
  let offset = 0;
  const placed = segments.map((stored, index) => {
    const segment = { offset, length: stored.length, sha256: sha256(stored), plainLength: plains[index]?.length ?? 0 };
    offset += stored.length;
    return segment;
  });
  const content = plains[0] ?? Buffer.alloc(0);
  return {
    format: 1,
    id: randomBytes(16).toString('hex'),
    product: 'uvs',
    version: '2.14.17',
    components: { uvs: { epoch: 0, releaseSeq: 17 } },
    minAgent: '0.1.0',
    target: { distro: 'debian', distroVersions: ['12'], archs: ['arm64'], boards: [], roles: [] },
    kind: 'full',
    requires: [],
    segments: placed,
    files: [
      {
        path: 'etc/motd',
        op: 'put',
        type: 'file',
        mode: 0o644,
        uid: 0,
        gid: 0,
        xattrs: {},
        size: content.length,
        sha256: sha256(content),
        extents: content.length === 0 ? [] : [{ segment: 0, offset: 0, length: content.length }],
        config: 'replace',
        linkGroup: 0,
      },
    ],
    packages: [],
    tasks: [],
    services: [],
    reboot: false,
    spaceBytes: 1 << 20,
    brings: { uvs: '2.14.17' },
  };
}

/** A package put together by hand, so that any of its parts may be wrong; the manifest is signed as it stands. */
export function assemblePackage(
  manifest: unknown,
  segments: readonly Uint8Array[],
  keys: readonly SigningKey[],
  parts: Partial<Record<PartName, Uint8Array>> = {},
): Buffer {
  const manifestBytes = manifest instanceof Uint8Array ? manifest : Buffer.from(JSON.stringify(manifest));
  const signatures = encodeSignatures(keys.map((key) => signBytes('manifest', manifestBytes, key)));
  const head = encodeParts({
    signatures: Buffer.from(JSON.stringify(signatures)),
    rootChain: Buffer.alloc(0),
    recipients: Buffer.alloc(0),
    manifest: manifestBytes,
    ...parts,
  });
  return Buffer.concat([head, ...segments]);
}
