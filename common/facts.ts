import type { M2Standing } from './m2-states.ts';

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
  /** Ceph daemons with data on the machine, e.g. "osd.3"; undefined: its agent is too old to tell, or could not look. */
  readonly daemons: readonly string[] | undefined;
  /** What the node could go back to; undefined: its agent is too old to go back. */
  readonly waysBack?: WaysBack | undefined;
  /** Why the files are not all those of what is installed, as a sentence; absent: nothing is known of such. */
  readonly mixture?: string;
  /** How it stands with its SSD; absent: none was set up. */
  readonly m2?: M2Standing;
  /** Manifests of `installed` of which some files are others; absent beside a mixture: its agent does not say which. */
  readonly mixedReleases?: readonly string[];
}

/** What a node could go back to; the domain form of uvs.v1.NodeWaysBack. */
export interface WaysBack {
  readonly releases: readonly WayBack[];
  /** Why the release that was done last can't be taken back; '': it can, or there was none. */
  readonly why: string;
}

/** A release that a node could take back. */
export interface WayBack {
  /** sha256 of its manifest, hex. */
  readonly manifestHash: string;
  readonly version: string;
  /** What the node would have then. */
  readonly toVersion: string;
  /** That the retained originals take. */
  readonly sizeBytes: number;
  /** Why it can't be taken back for all that; '': nothing is known that speaks against it. */
  readonly refusal: string;
}

/** The longest list that an agent tells and a coordinator takes. */
export const MAX_DAEMONS = 256;

/** Of the releases that a node could take back: more are not told, nor taken. */
export const MAX_WAYS_BACK = 16;

/** Whether a text names a daemon of one of the four kinds that keep data or quorum: "mon.a", "osd.3", "mds.fs.node1.abcdef". */
export function isDaemonName(text: string): boolean {
  return /^(mon|mgr|mds)\.[A-Za-z0-9][A-Za-z0-9._-]{0,119}$|^osd\.(0|[1-9][0-9]{0,8})$/.test(text);
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
