import type { NodeFacts } from '../common/facts.ts';
import type { NodeAction } from '../common/node-action.ts';
import type { Outcome } from '../common/outcome.ts';
import type { SlotToken } from '../common/slot-token.ts';
import type { Demands } from './demands.ts';

/** Times in records are milliseconds since 1970 by the leader's clock; they are shown, and decide nothing. */
export type TimeMs = number;

/** A coordinator, as registered in etcd. A majority of the registered ones must hold a package before its upload succeeds. */
export interface Member {
  readonly id: string;
  readonly grpcAddress: string;
  readonly httpsAddress: string;
}

/** A coordinator that is registered, and whether it runs at this moment. */
export interface KnownMember extends Member {
  /** It does not run, or does not reach etcd. */
  readonly isDown: boolean;
  /** Since when, by the wall clock; undefined where the coordinator that says so has not seen it go. */
  readonly downSince: number | undefined;
  /** Its disk does not keep what it would promise, or it could not begin a term: it leads only where nobody else could. */
  readonly isUnfit: boolean;
}

/** An enrolled node, as kept in etcd. Changes go through the ledger. */
export interface NodeRecord {
  readonly uid: string;
  readonly hostname: string;
  /** In the order of its own configuration; the first decides its rank. */
  readonly roles: readonly string[];
  /** Those that count until an operator accepts what the node says; undefined: they are the same. */
  readonly acceptedRoles: readonly string[] | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly addresses: readonly string[];
  readonly cordonReason: string | undefined;
  /** Serial of its certificate. */
  readonly credential: string;
  readonly enrolledAt: TimeMs;
  /** As last reported when an operation ended or the agent said hello; so that a node that is away can be shown. */
  readonly facts: NodeFacts | undefined;
  /** Epoch in which its agent last told what it holds; undefined: it enrolled before that was kept. */
  readonly reportedEpoch: string | undefined;
}

/** The cluster's decisions in one key: every decision compares its mod revision and puts it. */
export interface LedgerRecord {
  /** Entries that the audit log ever had; the number of the last. */
  readonly seq: number;
  /** How many of them nodes have written. */
  readonly nodeEntries: number;
  /** Of the change that wrote it: an unknown outcome is settled by looking for one's own. */
  readonly requestId: string;
  readonly freezeReason: string | undefined;
  /** Nodes that may be down at once, by scope: "cluster", "role/osd", … */
  readonly budgets: Readonly<Record<string, number>>;
  /** Etcd is not what a coordinator remembers of it: nothing is granted or begun until it is adopted. */
  readonly hold: Hold | undefined;
  /** Since etcd was adopted nodes are waited for: nothing is granted until each has told what it holds. */
  readonly isAdopting: boolean;
}

export interface Hold {
  readonly reason: string;
  /** The epochs that coordinators remember; they follow the one that takes the place of theirs. */
  readonly epochs: readonly string[];
}

/**
 * Where a slot that is not free is (coordinator/slot-machine.ts). Revoked: an operator takes it back, its agent has not acknowledged.
 * Quarantined: it was taken from the rollout by force; it counts until the agent acknowledges or the node is written off.
 */
export type SlotState = 'granted' | 'begun' | 'revoked' | 'quarantined' | 'ended';

/** Who has taken a slot back, and why. */
export interface Revocation {
  readonly by: string;
  readonly reason: string;
  readonly at: TimeMs;
}

/** A slot that is not free: the key's create revision is its token's. */
export interface SlotRecord {
  readonly uid: string;
  readonly state: SlotState;
  readonly operation: string;
  readonly rollout: string;
  readonly grantedAt: TimeMs;
  readonly beganAt: TimeMs | undefined;
  /** Boot id of the node when it was granted, and from its begin on when it began; '' where that is not known. */
  readonly bootId: string;
  /** Set when the agent has reported that it will not act on the token again. */
  readonly outcome: Outcome | undefined;
  readonly outcomeMessage: string | undefined;
  readonly revocation: Revocation | undefined;
  /** The epoch that it was granted in; undefined: it was granted before that was kept. */
  readonly epoch: string | undefined;
  /** Create revision in its agent's token, where the slot was made anew from what the agent holds; else the key's own. */
  readonly rebuiltRevision: number | undefined;
  /** Of the node when it was granted: they count while it is held, whatever the node says meanwhile; none in records of before they were kept. */
  readonly roles: readonly string[];
  /** Of a node that was removed by force, so that it goes on counting where it did (a tombstone). */
  readonly removedNode: Pick<NodeRecord, 'hostname' | 'roles' | 'addresses'> | undefined;
}

export interface HeldSlot extends SlotRecord {
  /** What the agent holds. */
  readonly token: SlotToken;
  /** Of the key. */
  readonly createRevision: number;
  readonly modRevision: number;
}

/**
 * Where a drain is. Setting: some of it may be set. Set: all of it is, and the node may be told that it has its turn. Restoring: some of it may
 * be taken back already.
 */
export type DrainState = 'setting' | 'set' | 'restoring';

/** What gates set outside of UVS for one node's operation; written before anything is set, removed when all is taken back. */
export interface DrainRecord {
  readonly uid: string;
  readonly operation: string;
  readonly state: DrainState;
  /** Plans of Drain by gate. */
  readonly set: Readonly<Record<string, string>>;
  /** What gates noted right before the node began, by gate. */
  readonly notes: Readonly<Record<string, string>>;
  /** Since when it can't be taken back, and why it could not first. */
  readonly stuck?: { readonly since: TimeMs; readonly reason: string } | undefined;
}

/** Limits of a unit in a scope: "cluster", "role/NAME", "label/KEY=VALUE" or "node/UID". */
export interface LimitRecord {
  readonly scope: string;
  readonly unit: string;
  /** As they were written, by the names of systemd's properties. */
  readonly values: Readonly<Record<string, string>>;
}

/** Settings of machines in a scope, as of limits. */
export interface SettingsRecord {
  readonly scope: string;
  /** As they were written, by name. */
  readonly values: Readonly<Record<string, string>>;
}

/** Package metadata, all of it from the signed manifest. */
export interface PackageRecord {
  /** sha256 of the file, hex. */
  readonly digest: string;
  readonly packageId: string;
  readonly manifestHash: string;
  readonly product: string;
  readonly version: string;
  readonly components: Readonly<Record<string, { readonly epoch: number; readonly releaseSeq: number }>>;
  readonly isPartial: boolean;
  /** Manifest hash it builds on, for a partial package. */
  readonly base: string | undefined;
  readonly isEncrypted: boolean;
  readonly sizeBytes: number;
  readonly plainBytes: number;
  readonly fileCount: number;
  readonly target: {
    readonly distro: string;
    readonly distroVersions: readonly string[];
    readonly archs: readonly string[];
    readonly boards: readonly string[];
    readonly roles: readonly string[];
  };
  readonly services: readonly string[];
  readonly brings: Readonly<Record<string, string>>;
  /** What in it is setuid, setgid or with capabilities, one line each, and how many these are; absent where nothing is. */
  readonly privileged?: { readonly first: readonly string[]; readonly count: number };
  /** What it asks of agents and nodes besides; absent where any will do, and in records of before it was kept. */
  readonly demands?: Demands;
  readonly holders: readonly string[];
  readonly createdAt: TimeMs;
}

export interface Selector {
  readonly all: boolean;
  /** Host names or UIDs. */
  readonly nodes: readonly string[];
  readonly roles: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

export type RolloutMode = 'rolling' | 'parallel';

/** What a rollout does to each of its nodes. */
export type RolloutGoal = { readonly kind: 'release'; /** Digest. */ readonly package: string } | NodeAction;

/** The nodes that go first, and what the others wait for then. */
export interface Canary {
  /** Host names or UIDs; empty: the first `count` of the order. */
  readonly nodes: readonly string[];
  readonly count: number;
  /** From the last of them on. */
  readonly soakMs: number;
  /** An operator has to approve before the others follow. */
  readonly needsApproval: boolean;
}

/** What a rollout does when a node fails. */
export interface FailurePolicy {
  readonly action: 'pause' | 'continue' | 'abort';
  /** Failed nodes with which it still goes on; 0 unless it continues. */
  readonly tolerated: number;
}

export interface RolloutSpec {
  readonly goal: RolloutGoal;
  readonly selector: Selector;
  readonly mode: RolloutMode;
  /** Nodes that may be down at once; 1 for rolling. */
  readonly budget: number;
  readonly stageDeadlineMs: number;
  readonly waitDeadlineMs: number;
  readonly stepDeadlineMs: number;
  readonly canary: Canary | undefined;
  readonly onFailure: FailurePolicy;
  /** A node that is not found healthy for so long goes back; undefined: it stays as it is. */
  readonly rollBackAfterMs: number | undefined;
  /** Codes of health checks of the storage that may stay as they are meanwhile, e.g. "TELEMETRY_CHANGED". */
  readonly acknowledgedChecks: readonly string[];
  /** The operator's; may be empty where no guard is weakened. */
  readonly reason: string;
}

/** Written once, when the rollout is created. */
export interface RolloutPlanRecord {
  readonly id: string;
  readonly spec: RolloutSpec;
  /** Of the release that it brings; '' where it brings none. */
  readonly version: string;
  readonly creator: string;
  readonly createdAt: TimeMs;
  /** Node UIDs in the order in which they are disturbed. */
  readonly order: readonly string[];
  /** Their host names at that time, in the same order, for when one has left; empty where there was no room, or in plans of before they were kept. */
  readonly hostnames: readonly string[];
  /** How many of the order, from its start, are canaries. */
  readonly canaries: number;
  /** Nodes that were left out, with the reason. */
  readonly skipped: Readonly<Record<string, string>>;
}

export type RolloutState = 'running' | 'paused' | 'succeeded' | 'failed' | 'aborted';

/** What a rollout is paused for: an approval ends the first, a resume each. A deadline that passed is a failure, too. */
export type RolloutPause = { readonly cause: 'approval' | 'failure' } | { readonly cause: 'operator'; readonly by: string };

/** Written when the state changes; small. */
export interface RolloutStateRecord {
  readonly state: RolloutState;
  readonly reason: string;
  /** Undefined unless it is paused; or it was paused before that was kept. */
  readonly pause: RolloutPause | undefined;
  /** Since when it is paused, for whatever first; undefined as `pause` is. */
  readonly pausedAt: TimeMs | undefined;
  readonly endedAt: TimeMs | undefined;
  /** Rises with every resume; a failed step of a lower attempt is tried again. */
  readonly attempt: number;
  /** Who let the nodes after the canaries follow. */
  readonly approvedBy: string | undefined;
  /** Undefined until it has ended; or it ended before this was kept. */
  readonly counts: EndedCounts | undefined;
}

/** How many of an ended rollout's steps went so; all others were not done. */
export interface EndedCounts {
  readonly succeeded: number;
  readonly failed: number;
  readonly skipped: number;
}

export type StepState = 'pending' | 'staging' | 'staged' | 'granted' | 'begun' | 'confirming' | 'succeeded' | 'failed' | 'skipped';

/** Durable part of a step; absent while it is pending. What happens inside a state is told by the agent and kept in memory only. */
export interface StepRecord {
  readonly rollout: string;
  readonly uid: string;
  /** When it was written, for when the node has left; '' where nobody knew, or in records of before it was kept. */
  readonly hostname: string;
  readonly state: StepState;
  readonly operation: string;
  readonly attempt: number;
  readonly message: string;
  readonly outcome: Outcome | undefined;
  readonly beganAt: TimeMs | undefined;
  readonly endedAt: TimeMs | undefined;
  /** Last lines of the operation's output, at most 16 KiB; set when it ended. */
  readonly outputTail: string;
  /** The tries before this one, newest first, as many as are remembered (coordinator/step-tries.ts). */
  readonly earlier: readonly EarlierTry[];
}

/** An operation of a step that was tried anew since, and how it ended. */
export interface EarlierTry extends Pick<StepRecord, 'operation' | 'attempt' | 'state' | 'message' | 'beganAt' | 'endedAt'> {
  readonly outcome: Outcome;
}

export interface AuditRecord {
  readonly seq: number;
  readonly at: TimeMs;
  readonly actor: string;
  readonly action: string;
  readonly resource: string;
  readonly message: string;
  /** At that time, of the node that it is about, or else that did it; undefined: neither is a node, or it was written before that was kept. */
  readonly hostname?: string | undefined;
}
