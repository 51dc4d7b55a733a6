import type { NodeFacts } from '../common/facts.ts';
import type { Outcome } from '../common/outcome.ts';
import type { NodeAction } from '../common/node-action.ts';
import type { SlotToken } from '../common/slot-token.ts';
import type { DrainRecord, NodeRecord } from './domain.ts';

/** Milliseconds of a clock that never goes back (deadlines), and of the wall (shown only). */
export interface Clock {
  monotonicMs(): number;
  wallMs(): number;
}

/** What the leader hears from a node whose session is open. */
export interface LiveNode {
  readonly uid: string;
  readonly facts: NodeFacts;
  /** By Clock.monotonicMs. */
  readonly lastHeardMs: number;
  /** When its session began. */
  readonly openedMs: number;
  /** Undefined until this session has told: what an earlier one said may be over. */
  readonly failedServices: readonly string[] | undefined;
  /** Of the newest root file for packages that the node knows; 0: it does not tell. */
  readonly packageRootVersion: number;
  /** Units that the node restarts beside Ceph's (`services` in its agent.toml); undefined: its agent does not tell. */
  readonly restartable?: readonly string[] | undefined;
  /** Why the node must not be used, e.g. two live sessions with the same UID; undefined: none. */
  readonly quarantineReason: string | undefined;
  readonly openOperations: readonly { readonly operation: string; readonly phase: string; readonly token: SlotToken | undefined }[];
  /** The last operations that it said had ended before this session. */
  readonly endedOperations: readonly { readonly operation: string; readonly token: SlotToken; readonly outcome: Outcome }[];
  /** One that has begun, as the ledger has it, and of which the agent knew nothing when its session began. */
  readonly forgottenOperation: string | undefined;
  /** Latest progress by operation. */
  readonly progress: ReadonlyMap<string, { readonly phase: string; readonly message: string; readonly percent: number }>;
}

/** What a node's agent is in the middle of, or has left for an operator. */
export interface UnfinishedWork {
  readonly operation: string;
  readonly phase: string;
  readonly token: SlotToken | undefined;
}

export interface LastHeard {
  /** By Clock.monotonicMs. */
  readonly atMs: number;
  /** The phase it was in, with its own words; empty where it told none. */
  readonly doing: string;
  /** When its last session ended, by the same clock; undefined while one is open. */
  readonly endedMs: number | undefined;
  /** As far as it told. */
  readonly unfinished: UnfinishedWork | undefined;
}

export interface HealthAnswer {
  readonly bootId: string;
  readonly facts: NodeFacts;
  readonly failedServices: readonly string[];
}

/** What a node is given to do: a release to fetch, or an action. */
export type Assignment = { readonly operation: string } & (
  | {
      readonly packageDigest: string;
      readonly packageSizeBytes: number;
      readonly manifestHash: string;
      readonly rollBackAfterMs: number | undefined;
    }
  | { readonly action: NodeAction }
);

/** The leader's line to the agents. Commands are hints that are repeated until the state shows their effect; all safety is in the ledger. */
export interface AgentLink {
  live(uid: string): LiveNode | undefined;
  assign(uid: string, assignment: Assignment): void;
  grant(uid: string, operation: string, token: SlotToken): void;
  cancel(uid: string, operation: string, reason: string): void;
  /** Tells that its slot was taken back; the agent acknowledges by reporting the end. */
  revoke(uid: string, operation: string, token: SlotToken, reason: string): void;
  /** Ends the session, so that the agent comes again and tells anew what it holds. */
  reintroduce(uid: string): void;
  /** What was last heard of a node, also where its session is over; undefined: nothing, since this process runs. */
  lastHeard(uid: string): LastHeard | undefined;
  /** Asks for evidence of now, with a nonce of its own. @throws UvsError UNREACHABLE, DEADLINE_EXCEEDED */
  probe(uid: string, signal: AbortSignal): Promise<HealthAnswer>;
  /** Output of an operation from the node itself. @throws UvsError UNREACHABLE, NOT_FOUND */
  readOutput(uid: string, operation: string, signal: AbortSignal): AsyncIterable<string>;
  /** Calls back whenever a node connects, goes, or reports something. */
  onChange(listener: (uid: string) => void): Disposable;
}

/** A question that must be answered yes before a slot is granted, before it is begun, and before it is freed. */
export interface Gate {
  readonly name: string;
  readonly kind: string;
  /** What it changes outside of UVS for the time of a step; undefined: nothing. */
  readonly drain?: Drain | undefined;
  /** Never rejects for a "no" or for a failure to find out: both are a no with a reason. Ends within its own deadline. */
  ask(question: GateQuestion, signal: AbortSignal): Promise<GateAnswer>;
  /** Says of a plan's nodes what no waiting will make a yes. */
  readonly never?: ((nodes: readonly NodeRecord[], signal: AbortSignal) => Promise<readonly string[]>) | undefined;
}

/**
 * What has to be set outside of UVS while a node is disturbed, and taken back afterwards. A plan is text that only the gate reads; it is
 * recorded before it is applied. Each act may be run twice, by whoever leads, and rejects where it could not be done in time.
 */
export interface Drain {
  /** Looks and changes nothing: what to set for a node, without what others have set already. @returns undefined for nothing at all */
  plan(task: DrainTask, signal: AbortSignal): Promise<string | undefined>;
  apply(plan: string, signal: AbortSignal, tell?: TellProgress): Promise<void>;
  /** Takes back what none of the others wants. @returns what is left as it is, and why, in words for operators */
  restore(plan: string, others: readonly string[], signal: AbortSignal, tell?: TellProgress): Promise<readonly string[]>;
}

/** Called with each thing that is done, in words for operators: from then on the next one has its time. */
export type TellProgress = (progress: string) => void;

export interface DrainTask {
  readonly node: NodeRecord;
  /** See GateQuestion. */
  readonly restarted: readonly string[] | undefined;
  /** The plans of other nodes: what those have set is to be set for this one too. */
  readonly others: readonly string[];
}

export type GateMoment = 'before-grant' | 'before-begin' | 'after';

export interface GateQuestion {
  readonly moment: GateMoment;
  /** With the facts that it told last. */
  readonly node: NodeRecord;
  /**
   * Nodes that hold a begun slot, or one that has ended and is not proven healthy yet; and those that may come to hold one before this node does:
   * others that are being asked about, and before a grant all that were granted. A yes is one to this node beside any part of them.
   */
  readonly begun: readonly NodeRecord[];
  /** What is set for nodes at this moment, and what was noted at their beginnings. */
  readonly drains: readonly DrainRecord[];
  /** When another node last began or ended, by Clock.monotonicMs; a new leader, which can't know, says "when I began to lead". */
  readonly othersChangedMs: number;
  /** When this leader began to lead, which may be for the second time: whatever it found out before counts for nothing. */
  readonly leadingSinceMs: number;
  /** The same of any node, this one included. */
  readonly changedMs: number;
  /** Codes of health checks of the storage that are acknowledged for what the node is to be disturbed for. */
  readonly acknowledged: readonly string[];
  /** The units, or patterns of units, that are restarted, where nothing else of the node is disturbed; undefined: anything of it may be. */
  readonly restarted: readonly string[] | undefined;
  /** Names the set of begun slots of other nodes; it changes with each begin and end. */
  readonly begunMark: string;
  /** The node's operation is over; asked "after" without that, it may still go back, or clean up. */
  readonly hasEnded: boolean;
}

export interface GateAnswer {
  readonly isYes: boolean;
  readonly message: string;
  /** With the yes before a begin: kept in the node's DrainRecord until it is free, to compare with. */
  readonly note?: string | undefined;
}
