/** What an agent reports of its machine; the domain form of uvs.v1.NodeFacts. */
export interface NodeFacts {
  readonly distroId: string;
  readonly distroVersion: string;
  readonly arch: string;
  readonly board: string;
  readonly agentVersion: string;
  readonly uvsVersion: string;
  readonly cephVersion: string;
  readonly kernelVersion: string;
  readonly diskFreeBytes: number;
  readonly diskTotalBytes: number;
  readonly bootId: string;
  readonly installed: readonly InstalledRelease[];
}

/** What a node remembers of a component, raised only when a release is done. */
export interface InstalledRelease {
  readonly component: string;
  readonly version: string;
  readonly epoch: number;
  readonly releaseSeq: number;
  /** sha256 of the manifest, hex. */
  readonly manifestHash: string;
}
