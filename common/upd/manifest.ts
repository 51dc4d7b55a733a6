/** The manifest of a `.upd` package: the signed statement of all that the package is and does (docs/package-format.md, which holds every rule). */
export interface Manifest {
  readonly format: 1;
  /** 32 hex digits, part of every encrypted segment's authenticated data; random per encrypted build, derived from the content otherwise. */
  readonly id: string;
  /** What is updated, e.g. "uvs"; a node refuses a product that its root file does not name. */
  readonly product: string;
  /** Display version, see common/version.ts; order is by releaseSeq only. */
  readonly version: string;
  /** Place of this release in the order of each component it brings. */
  readonly components: Readonly<Record<string, ComponentOrder>>;
  /** Lowest agent version that understands this package. */
  readonly minAgent: string;
  readonly target: Target;
  readonly kind: 'full' | 'partial';
  /** For a partial package: sha256 (hex) of the manifest that it builds on. */
  readonly base?: string;
  /** sha256 (hex) of manifests of which one must be installed; empty: any. */
  readonly requires: readonly string[];
  /** Set when the segments are encrypted. */
  readonly encryption?: { readonly cipher: 'AES-256-GCM'; /** sha256 hex of "uvs/1/key\0" + content key */ readonly keyCommitment: string };
  readonly segments: readonly Segment[];
  /** In byte order of `path`, each path once. */
  readonly files: readonly FileEntry[];
  /** RPM and DEB packages to install or remove; carried by format 1, applied by a later agent (an agent that can't says AGENT_TOO_OLD). */
  readonly packages: readonly PackageEntry[];
  readonly tasks: readonly Task[];
  /** systemd units stopped before the commit in this order and started after it in the reverse. */
  readonly services: readonly string[];
  readonly reboot: boolean;
  /** Bytes that staging needs on the target; at least the sizes of all files, each link group once. */
  readonly spaceBytes: number;
  /** Versions brought, by name: "uvs", "ceph", "kernel". */
  readonly brings: Readonly<Record<string, string>>;
  /** Paths of what is setuid, setgid or with capabilities, in byte order: all of it, and nothing else (privileges.ts). Absent where nothing is. */
  readonly privileged?: readonly string[];
  /** Set where the release can't be taken back, or can't once something has happened; `uvsctl rollback` is refused with its sentence. */
  readonly barrier?: Barrier;
}

/** What stands between a release and the one before it. */
export interface Barrier {
  /** For the operator: "OSDs that have started 17.x write a new format". */
  readonly sentence: string;
  /** What has to have happened; absent: the installation alone. */
  readonly once?: BarrierCondition;
}

export type BarrierCondition =
  /** Something is there, whatever it is; never followed where it is a symlink. */
  | { readonly path: string }
  /** The node has such a unit, or the release itself has started one again; names and patterns as `uvsctl restart` takes them. */
  | { readonly units: readonly string[] };

export interface ComponentOrder {
  readonly epoch: number;
  readonly releaseSeq: number;
}

/** Which machines a package is for; an empty list is "any". */
export interface Target {
  /** ID of os-release; empty: any. */
  readonly distro: string;
  /** Allowed VERSION_IDs of os-release, exact. */
  readonly distroVersions: readonly string[];
  readonly archs: readonly string[];
  readonly boards: readonly string[];
  readonly roles: readonly string[];
}

/** One zstd frame, stored (encrypted or not) at `offset` from the start of the segment area; segments are contiguous. */
export interface Segment {
  readonly offset: number;
  /** Stored bytes, at most MAX_SEGMENT_BYTES. */
  readonly length: number;
  /** sha256 (hex) of the stored bytes. */
  readonly sha256: string;
  /** Exact bytes after decompression, at most MAX_SEGMENT_BYTES. */
  readonly plainLength: number;
}

/** A piece of a file inside a segment's plain bytes. */
export interface Extent {
  readonly segment: number;
  readonly offset: number;
  readonly length: number;
}

/** Bytes that lie in the segments: of a file, a task's program, an RPM or DEB. */
export interface Content {
  readonly size: number;
  /** sha256 (hex) of all of it. */
  readonly sha256: string;
  /** In order, together exactly the content; their segment numbers never decrease, so that one pass over the segments meets every content in order. */
  readonly extents: readonly Extent[];
}

export type FileEntry = PutFile | PutSymlink | PutDirectory | RemovePath;

interface PutCommon {
  /** Relative to the root, '/'-separated, normalised, no leading '/'. */
  readonly path: string;
  readonly op: 'put';
  /** Permission bits, 0 to 0o7777. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Extended attributes (capabilities as security.capability), base64 by name. */
  readonly xattrs: Readonly<Record<string, string>>;
}

export interface PutFile extends PutCommon, Content {
  readonly type: 'file';
  /** What to do where the admin edited the file: replace, keep the admin's, or put ours beside it as PATH.uvs-new. */
  readonly config: 'replace' | 'keep' | 'new-beside';
  /** Files with the same group number are hard links of one inode; 0: none. */
  readonly linkGroup: number;
  /** Reserved for deltas: how to make the content from the base's; format 1 readers that don't know the kind use the extents. */
  readonly delta?: { readonly kind: string; readonly baseSha256: string; readonly extents: readonly Extent[] };
}

export interface PutSymlink extends PutCommon {
  readonly type: 'symlink';
  /** As symlink(2) takes it; never followed. */
  readonly link: string;
}

export interface PutDirectory extends PutCommon {
  readonly type: 'directory';
}

/** Removes what the previous release put there, and only if it is unchanged. */
export interface RemovePath {
  readonly path: string;
  readonly op: 'remove';
}

type PackageEntry = InstallPackage | RemovePackage;

interface PackageName {
  readonly manager: 'rpm' | 'deb';
  readonly name: string;
  readonly version: string;
  readonly arch: string;
}

interface InstallPackage extends PackageName, Content {
  readonly op: 'install';
}

interface RemovePackage extends PackageName {
  readonly op: 'remove';
}

export type TaskStage = 'pre' | 'post' | 'cleanup';

/** A program that the package brings and the agent runs; it never comes from anywhere else. */
export interface Task extends Content {
  readonly stage: TaskStage;
  /** Unique in the package. The content is the program, an executable file (usually a script with a #! line). */
  readonly name: string;
  /** Arguments after the program itself. */
  readonly args: readonly string[];
  /** 1 to 86400. */
  readonly timeoutSeconds: number;
  /** Whether it may be run again after an interruption. */
  readonly idempotent: boolean;
}

/** Upper bound of a segment, stored and plain alike. */
export const MAX_SEGMENT_BYTES = 8 * 1024 * 1024;
