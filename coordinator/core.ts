import type { NodeFacts } from '../common/facts.ts';
import type { Outcome } from '../common/outcome.ts';
import type { SlotToken } from '../common/slot-token.ts';
import type { KnownRoot } from '../common/upd/root-join.ts';
import type {
  AuditRecord,
  HeldSlot,
  KnownMember,
  LedgerRecord,
  LimitRecord,
  Member,
  NodeRecord,
  PackageRecord,
  RolloutSpec,
  RolloutState,
  Selector,
  SettingsRecord,
} from './domain.ts';
import type { ScopedNode } from './declared/scope.ts';
import type { NodeLimits } from './declared/limits.ts';
import type { NodeSettings } from './declared/settings.ts';
import type { GateAnswer, LiveNode } from './ports.ts';
import type { OperationView, RolloutSummary, RolloutView, Plan, RolloutChange } from './rollout-view.ts';
import type { DrainView } from './stuck-drains.ts';

/** Who did something, for authorisation and the audit log: the identity in the certificate. */
export interface Actor {
  /** e.g. "operator/alice", "node/UID", "coordinator/c1" */
  readonly identity: string;
}

/** How the leader counts a node, and one sentence why. */
export interface NodeStatus {
  readonly state: 'ready' | 'silent' | 'unhealthy' | 'cordoned' | 'updating' | 'needs-operator' | 'quarantined';
  readonly message: string;
}

/**
 * What the API asks of the deciding part. Every mutation is one ledger transaction with an audit entry, repeated safely with the same
 * request id. All methods throw UvsError; on a coordinator that does not lead, NOT_LEADER with details.leader = its gRPC address.
 */
export interface Core {
  readonly nodes: NodesCore;
  readonly cluster: ClusterCore;
  readonly packages: PackagesCore;
  readonly packageRoot: PackageRootCore;
  readonly rollouts: RolloutsCore;
  readonly slots: SlotsCore;
  readonly tokens: JoinTokensCore;
  readonly credentials: CredentialsCore;
  readonly limits: LimitsCore;
  readonly settings: SettingsCore;
  readonly audit: {
    /** Newest first. @param query.before where another list ended */
    list(query: { limit: number; before: AuditPlace | undefined; resource: string | undefined }): Promise<readonly AuditView[]>;
  };
}

/** Where reading the audit log goes on: the newest entry that was not read of what nodes wrote, and of all else (coordinator/state/audit-rings.ts). */
export interface AuditPlace {
  readonly decided: number;
  readonly nodes: number;
}

/** An entry of the audit log, and where those before it are. */
export interface AuditView extends AuditRecord {
  readonly before: AuditPlace;
}

export interface ClusterCore {
  /** Works on every coordinator. */
  describe(): Promise<{
    readonly epoch: string;
    readonly leader: Member | undefined;
    readonly members: readonly KnownMember[];
    readonly ledger: LedgerRecord;
    /** Enrolled nodes that have not told since an adoption what they hold; only the leader knows. */
    readonly unheard: readonly NodeRecord[];
  }>;
  /** Works on every coordinator; by id. */
  members(): Promise<readonly KnownMember[]>;
  /**
   * Takes a coordinator that does not run off the list.
   * @throws NOT_FOUND; NOT_ALLOWED_NOW while it runs
   */
  removeMember(id: string, reason: string, actor: Actor, requestId: string): Promise<void>;
  freeze(reason: string, actor: Actor, requestId: string): Promise<void>;
  thaw(reason: string, actor: Actor, requestId: string): Promise<void>;
  setBudget(scope: string, nodes: number, reason: string, actor: Actor, requestId: string): Promise<void>;
  unsetBudget(scope: string, reason: string, actor: Actor, requestId: string): Promise<void>;
  /**
   * Takes an etcd that was restored or rebuilt for the cluster's own: a new epoch, and every node is waited for.
   * @throws NOT_ALLOWED_NOW where etcd is the one that is remembered
   */
  adopt(reason: string, actor: Actor, requestId: string): Promise<void>;
}

export interface NodesCore {
  /** In the order of host names. */
  list(): readonly NodeRecord[];
  /** By UID or host name. @throws NOT_FOUND */
  find(name: string): NodeRecord;
  /** As etcd has it now; works on every coordinator. */
  isEnrolled(uid: string): Promise<boolean>;
  select(selector: Selector): readonly NodeRecord[];
  status(uid: string): NodeStatus;
  enrol(node: NodeRecord, actor: Actor): Promise<void>;
  /**
   * What the agent said at hello: stored where more changed than the space on its disk; a new name or new roles are audited, facts are not. A
   * begun operation of which etcd knows nothing gets its slot back, and one that had ended before etcd lost it ends again.
   */
  learn(uid: string, said: Introduced): Promise<void>;
  /** Of the cluster, as the leader knows it. */
  epoch(): string;
  /** Writes into the audit log what was done from the node's console without a slot; once. @param done.reason the operator's, '' where none was given */
  noteLocal(uid: string, done: { operation: string; outcome: Outcome; message: string; reason: string; facts: NodeFacts }): Promise<void>;
  cordon(uid: string, reason: string, actor: Actor, requestId: string): Promise<NodeRecord>;
  uncordon(uid: string, reason: string, actor: Actor, requestId: string): Promise<NodeRecord>;
  /**
   * Lets the roles that a node says of itself count, in place of those with which it enrolled or that were accepted before.
   * @param roles that the operator has seen
   * @throws UvsError CONFLICT where it says others by now
   */
  acceptRoles(uid: string, roles: readonly string[], reason: string, actor: Actor, requestId: string): Promise<NodeRecord>;
  label(
    uid: string,
    set: Readonly<Record<string, string>>,
    remove: readonly string[],
    actor: Actor,
    requestId: string,
  ): Promise<NodeRecord>;
  /**
   * Removes a node by its UID or host name, and withdraws its certificate with it. Forced, a slot that has begun stays as a tombstone.
   * @throws NOT_ALLOWED_NOW while it holds a slot, unless forced
   */
  remove(name: string, reason: string, actor: Actor, requestId: string, force?: Force): Promise<void>;
  /**
   * Ends the counting of a node that will never come back; where it is still enrolled it is removed, and its certificate withdrawn with it.
   * @throws NOT_FOUND; NOT_ALLOWED_NOW while it is heard, or holds a slot that was not taken by force
   */
  writeOff(name: string, reason: string, isPoweredOff: boolean, actor: Actor, requestId: string): Promise<void>;
}

/** What an agent says of its node when its session begins. */
export interface Introduced extends Pick<LiveNode, 'openOperations' | 'endedOperations'> {
  readonly hostname: string;
  readonly addresses: readonly string[];
  readonly roles: readonly string[];
  readonly facts: NodeFacts;
  /** Of the cluster when it was said; undefined: just now. */
  readonly epoch?: string | undefined;
}

/** An operator's override where no acknowledgement is to be had: only with the word that the machine is off. */
export interface Force {
  readonly isForced: boolean;
  readonly isPoweredOff: boolean;
}

/** A slot as shown: with the node's name, why it is still held, and what is known of its node at this moment. */
export interface SlotView extends HeldSlot {
  readonly hostname: string;
  readonly message: string;
  readonly known: string;
}

export interface PackagesCore {
  list(): Promise<readonly PackageRecord[]>;
  /** By digest, unique prefix of at least 8 digits, or unique version; 64 hex digits are never but a digest. @throws NOT_FOUND; CONFLICT where several match */
  find(name: string): Promise<PackageRecord>;
  /** Where it is there already only its holders are entered. @returns what is listed then */
  add(record: PackageRecord, actor: Actor): Promise<PackageRecord>;
  addHolder(digest: string, memberId: string): Promise<void>;
  /** @throws NOT_ALLOWED_NOW while a rollout that has not ended uses it */
  remove(digest: string, actor: Actor, requestId: string): Promise<void>;
  /** Whether it is listed at this moment; works on every coordinator. */
  listing(digest: string): Promise<Listing>;
  /** Calls back with the packages that should exist, now and on each change, and etcd's revision of that; works on every coordinator. */
  watch(listener: (packages: readonly PackageRecord[], revision: number) => void): Disposable;
}

/** Whether a package was listed at a store revision of etcd. */
export interface Listing {
  readonly revision: number;
  readonly isListed: boolean;
}

export interface UnitInScope {
  readonly scope: string;
  readonly unit: string;
}

/** What operators declare for the nodes of a scope, and agents keep; only the leader knows. @template A where. @template N what holds for a node */
export interface DeclaredCore<R, A, N> {
  /** In the order of scopes. */
  list(): readonly R[];
  /** What holds for a node now; undefined: it is enrolled no more. */
  of(uid: string): N | undefined;
  /** What is there already and not named stays. Returns what is set there then. @throws UvsError TOO_MANY */
  set(at: A, values: Readonly<Record<string, string>>, reason: string, actor: Actor, requestId: string): Promise<R>;
  /** @param names empty: all. Returns what is left. @throws UvsError NOT_FOUND */
  unset(at: A, names: readonly string[], reason: string, actor: Actor, requestId: string): Promise<R | undefined>;
  /** What would hold for nodes; nothing is changed. @throws UvsError TOO_MANY, NOT_FOUND */
  imagine(
    at: A,
    change: { readonly set: Readonly<Record<string, string>> } | { readonly unset: readonly string[] },
  ): (node: ScopedNode) => N;
  /** Calls back where what holds for a node may have changed; undefined: for anybody. */
  onChange(listener: (uid: string | undefined) => void): Disposable;
}

/** How much of a node its services may take. */
export type LimitsCore = DeclaredCore<LimitRecord, UnitInScope, NodeLimits>;
/** How the machines themselves are set. */
export type SettingsCore = DeclaredCore<SettingsRecord, { readonly scope: string }, NodeSettings>;

/** Whose signatures on packages count. */
export interface PackageRootCore {
  /** The newest root file that this coordinator knows; works on every coordinator, and is kept up to date. */
  current(): KnownRoot;
  /** What would count if a chain were taken; nothing is changed. @throws ROOT_INVALID, SIGNATURE_INVALID */
  follow(chain: Uint8Array): KnownRoot;
  /**
   * Takes the root file with which a chain ends, from now on; where it is there already nothing changes.
   * @throws ROOT_INVALID, SIGNATURE_INVALID where it does not follow from the one that is known
   */
  raise(chain: Uint8Array, reason: string, actor: Actor, requestId: string): Promise<KnownRoot>;
  onChange(listener: () => void): Disposable;
}

export interface OperationQuery {
  /** Only of this node. */
  readonly uid: string | undefined;
  /** At most so many. */
  readonly limit: number;
  /** Only those that come after this one, i.e. with lower ids; it need not exist any more. */
  readonly after: string | undefined;
}

export interface OperationPage {
  /** Newest first. */
  readonly operations: readonly OperationView[];
  /** What the next page comes after; undefined on the last page. A page may be short, and even empty, with others to come. */
  readonly after: string | undefined;
}

export interface RolloutsCore {
  plan(spec: RolloutSpec): Promise<Plan>;
  create(spec: RolloutSpec, actor: Actor, requestId: string): Promise<RolloutView>;
  /** Of all rollouts that are kept, newest first, which costs little. */
  ids(): Promise<readonly string[]>;
  /** Of each without its steps, in the same order; those that are kept no more are left out. */
  summaries(ids: readonly string[]): Promise<readonly RolloutSummary[]>;
  /** Of every rollout its state alone, which costs little. */
  states(): Promise<readonly RolloutState[]>;
  get(id: string): Promise<RolloutView>;
  /** Snapshot first; ends after the rollout has ended, or throws NOT_LEADER when the leadership is lost. */
  watch(id: string, signal: AbortSignal): AsyncIterable<RolloutChange>;
  pause(id: string, reason: string, actor: Actor, requestId: string): Promise<RolloutView>;
  /** Lets the nodes after the canaries follow (coordinator/rollout-orders.ts). @throws NOT_ALLOWED_NOW */
  approve(id: string, reason: string, actor: Actor, requestId: string): Promise<RolloutView>;
  /** @param reason may be empty */
  resume(id: string, reason: string, actor: Actor, requestId: string): Promise<RolloutView>;
  abort(id: string, reason: string, actor: Actor, requestId: string): Promise<RolloutView>;
  /** Also of an earlier try of a step, as long as it is remembered. @throws NOT_FOUND */
  operation(id: string): Promise<OperationView>;
  /** One page, newest first. */
  operations(query: OperationQuery): Promise<OperationPage>;
}

export interface SlotsCore {
  list(): Promise<readonly SlotView[]>;
  /** By the node's UID or host name. @throws NOT_FOUND */
  find(name: string): Promise<SlotView>;
  /** As the leader has it at this moment, which may be older than etcd; for judging what an agent says. */
  held(uid: string): HeldSlot | undefined;
  /** Digest of the package for which a node holds its slot; undefined: it holds none, or for something else. */
  packageFor(uid: string): string | undefined;
  /** Takes a slot back (coordinator/core/slot-release.ts). Returns it as it then is; undefined: it is free. */
  release(name: string, reason: string, force: Force, actor: Actor, requestId: string): Promise<SlotView | undefined>;
  begin(
    uid: string,
    operation: string,
    token: SlotToken,
    signal: AbortSignal,
  ): Promise<{ readonly isYes: boolean; readonly reason: string }>;
  confirm(uid: string, operation: string, token: SlotToken): Promise<{ readonly isYes: boolean; readonly reason: string }>;
  /** Says what is found of a node that has begun, by fresh evidence and every gate. @throws UNREACHABLE, DEADLINE_EXCEEDED from the probe */
  judge(uid: string, operation: string, token: SlotToken, signal: AbortSignal): Promise<HealthVerdict>;
  ended(
    uid: string,
    report: { operation: string; token: SlotToken | undefined; outcome: Outcome; message: string; outputTail: string; facts: NodeFacts },
  ): Promise<void>;
  gates(): readonly { readonly name: string; readonly kind: string; readonly last: TimedAnswer | undefined }[];
  /** Nodes that were removed by force and count until they are written off. */
  removed(): readonly { readonly hostname: string; readonly message: string }[];
  /** What gates have set outside of UVS, those first that can't be taken back. */
  drains(): readonly DrainView[];
  evaluate(uid: string, signal: AbortSignal): Promise<readonly (TimedAnswer & { readonly name: string })[]>;
}

export interface HealthVerdict {
  /** Undecided: the slot is not this one's, or etcd is held. */
  readonly verdict: 'healthy' | 'unhealthy' | 'undecided';
  readonly reason: string;
}

export interface TimedAnswer extends GateAnswer {
  readonly at: number;
  readonly durationMs: number;
}

export interface JoinTokensCore {
  /** Kept on an etcd lease of `ttlSeconds`. */
  create(id: string, uses: number, ttlSeconds: number, actor: Actor): Promise<void>;
  list(): Promise<readonly { readonly id: string; readonly usesLeft: number; readonly ttlSeconds: number }[]>;
  revoke(id: string, actor: Actor): Promise<void>;
  /** @throws PERMISSION_DENIED where no use is left or the token has ended */
  demand(id: string): Promise<void>;
  /** Takes one use, atomically. @throws PERMISSION_DENIED where none is left or the token has ended */
  consume(id: string): Promise<void>;
}

export interface CredentialRecord {
  /** Serial of the certificate, hex. */
  readonly serial: string;
  /** sha256 of the certificate, hex lower case. */
  readonly fingerprint: string;
  readonly identity: string;
  /** Of a node, as it was called when it enrolled; undefined for all others, and in records of before it was kept. */
  readonly hostname?: string | undefined;
  readonly issuedAt: number;
  readonly isWithdrawn: boolean;
}

export interface CredentialsCore {
  record(credential: CredentialRecord, actor: Actor): Promise<void>;
  list(): Promise<readonly CredentialRecord[]>;
  /** @throws NOT_FOUND */
  find(serial: string): Promise<CredentialRecord>;
  /** @throws NOT_FOUND; NOT_ALLOWED_NOW for the last admin's, and for that of the coordinator that leads */
  withdraw(serial: string, reason: string, actor: Actor): Promise<CredentialRecord>;
  /** The list as last seen, kept up to date on every coordinator; `counter` rises with each withdrawal. */
  withdrawals(): { readonly counter: number; readonly fingerprints: ReadonlySet<string> };
  onWithdrawal(listener: () => void): Disposable;
}
