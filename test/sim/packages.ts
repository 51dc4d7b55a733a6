import type { Manifest } from '../../common/upd/manifest.ts';
import type { TrustedRoot } from '../../common/upd/root.ts';
import type { PackageRecord } from '../../coordinator/domain.ts';
import { packageOf } from '../support/cluster.ts';
import { programSha256 } from './stand-ins/program.ts';

export const UNIT = 'ceph-osd@3.service';

/** Releases in their order, of which rollouts bring one after the other. */
const releases = [17, 18, 19, 20];

export const simulatedPackages: readonly PackageRecord[] = releases.map((releaseSeq) => ({
  ...packageOf(digestOf(releaseSeq)),
  manifestHash: hashOf(releaseSeq),
  version: `2.14.${releaseSeq}`,
  components: { uvs: { epoch: 0, releaseSeq } },
  services: [UNIT],
  holders: ['c1', 'c2', 'c3'],
  brings: { uvs: `2.14.${releaseSeq}` },
}));

export const simulatedRoot: TrustedRoot = {
  root: {
    format: 1,
    version: 1,
    root: { keys: [], threshold: 1 },
    vendor: { keys: [], threshold: 1, products: ['uvs'] },
  },
  bytes: new Uint8Array(),
  sha256: '0'.repeat(64),
};

export interface Head {
  readonly manifest: Manifest;
  readonly manifestHash: string;
  readonly manifestBytes: Uint8Array;
  readonly signatures: Uint8Array;
  readonly root: TrustedRoot;
  readonly rootChain: Uint8Array;
}

/** What a verified package says. */
export function headOf(digest: string): Head {
  const releaseSeq = releases.find((seq) => digestOf(seq) === digest);
  if (releaseSeq === undefined) throw new Error(`there is no package ${digest}`);
  return {
    manifest: manifestOf(releaseSeq),
    manifestHash: hashOf(releaseSeq),
    manifestBytes: new Uint8Array(),
    signatures: new Uint8Array(),
    root: simulatedRoot,
    rootChain: new Uint8Array(),
  };
}

function digestOf(releaseSeq: number): string {
  return `aa${releaseSeq}`.padEnd(64, '0');
}

function hashOf(releaseSeq: number): string {
  return `bb${releaseSeq}`.padEnd(64, '0');
}

function manifestOf(releaseSeq: number): Manifest {
  const task = { size: 12, sha256: programSha256, extents: [], args: [], timeoutSeconds: 60 };
  return {
    format: 1,
    id: String(releaseSeq).padStart(32, '0'),
    product: 'uvs',
    version: `2.14.${releaseSeq}`,
    components: { uvs: { epoch: 0, releaseSeq } },
    minAgent: '0.1.0',
    target: { distro: 'debian', distroVersions: [], archs: [], boards: [], roles: [] },
    kind: 'full',
    requires: [],
    segments: [],
    files: [],
    packages: [],
    tasks: [
      { ...task, stage: 'pre', name: 'prepare', idempotent: true },
      { ...task, stage: 'post', name: 'migrate', idempotent: true },
    ],
    services: [UNIT],
    reboot: false,
    spaceBytes: 0,
    brings: { uvs: `2.14.${releaseSeq}` },
  };
}
