import { performance } from 'node:perf_hooks';
import type { NodeFacts } from '../../common/facts.ts';
import type { Outcome } from '../../common/outcome.ts';
import type { SlotToken } from '../../common/slot-token.ts';
import type { Core } from '../../coordinator/core.ts';
import type { LiveNode } from '../../coordinator/ports.ts';
import { factsOf } from './fleet-records.ts';

/** How one node's agent behaves. */
export interface Behaviour {
  stageMs: number;
  actMs: number;
  outcome: Outcome;
  /** Services that are down whenever it is asked. */
  failedServices: readonly string[];
  /** How long it takes to answer a probe. */
  probeMs: number;
  /** Does not ask to begin. */
  ignoresGrants: boolean;
  /** Ends an operation that may not begin, as the real one does; otherwise it asks again. */
  givesBack: boolean;
  /** Does not hear that it is to give an operation up. */
  ignoresCancels: boolean;
  /** Does not hear that its slot was taken back. */
  ignoresRevokes: boolean;
  /** Begun, and unknown to the agent when its session began. */
  forgottenOperation: string | undefined;
  /** Of the newest root file for packages that it knows. */
  packageRootVersion: number;
  quarantineReason: string | undefined;
}

interface Operation {
  phase: string;
  token: SlotToken | undefined;
  isRunning: boolean;
}

/** An agent's connection to a coordinator. */
interface Line {
  changed(uid: string): void;
  /** The connection of one agent ends. */
  end(uid: string): void;
}

/** What an agent has of the fleet that it is in. */
interface Surroundings {
  readonly refusals: string[];
  readonly moments: Moment[];
  changed(uid: string): void;
  later(ms: number, work: () => void): void;
  /** Takes the node out of service for a while. */
  disturb(uid: string, ms: number): Promise<void>;
  /** Calls the leader, whoever it is by then, until it answers. */
  untilAnswered<T>(call: (core: Core) => Promise<T>): Promise<T>;
}

/** When a node testified that it is healthy, or got its yes to begin. */
export interface Moment {
  readonly what: 'healthy' | 'begun';
  readonly atMs: number;
}

/** One agent as the coordinator sees it: stages, asks to begin, acts, reports its end until somebody takes it. */
export class FleetAgent {
  readonly uid: string;
  readonly behaviour: Behaviour = {
    stageMs: 5,
    actMs: 10,
    outcome: 'installed',
    failedServices: [],
    probeMs: 0,
    ignoresGrants: false,
    givesBack: false,
    ignoresCancels: false,
    ignoresRevokes: false,
    forgottenOperation: undefined,
    packageRootVersion: 1,
    quarantineReason: undefined,
  };
  readonly operations = new Map<string, Operation>();
  /** Operations that it was told to give back. */
  readonly revoked = new Set<string>();
  facts: NodeFacts;
  /** When its session was opened. */
  openedMs = 0;
  /** Which link it is connected to. */
  link: Line | undefined;
  readonly #fleet: Surroundings;

  constructor(fleet: Surroundings, uid: string) {
    this.#fleet = fleet;
    this.uid = uid;
    this.facts = factsOf('2.14.16', 'boot-1', []);
  }

  live(): LiveNode {
    const progress = new Map<string, { phase: string; message: string; percent: number }>();
    for (const [id, { phase }] of this.operations) progress.set(id, { phase, message: '', percent: -1 });
    return {
      uid: this.uid,
      facts: this.facts,
      lastHeardMs: performance.now(),
      openedMs: this.openedMs,
      failedServices: this.behaviour.failedServices,
      packageRootVersion: this.behaviour.packageRootVersion,
      quarantineReason: this.behaviour.quarantineReason,
      endedOperations: [],
      forgottenOperation: this.behaviour.forgottenOperation,
      openOperations: [...this.operations].map(([operation, { phase, token }]) => ({ operation, phase, token })),
      progress,
    };
  }

  assign(operation: string): void {
    if (this.operations.has(operation)) return;
    this.operations.set(operation, { phase: 'fetching', token: undefined, isRunning: false });
    this.#fleet.later(this.behaviour.stageMs, () => this.#to(operation, 'staged'));
  }

  grant(operation: string, token: SlotToken): void {
    const known = this.operations.get(operation);
    if (known === undefined || known.phase !== 'staged' || known.isRunning || this.behaviour.ignoresGrants) return;
    known.token = token;
    known.isRunning = true;
    void this.#run(operation, known, token);
  }

  cancel(operation: string): void {
    const known = this.operations.get(operation);
    if (known === undefined || known.isRunning || this.behaviour.ignoresCancels || (known.phase !== 'fetching' && known.phase !== 'staged'))
      return;
    known.isRunning = true;
    void this.#end(operation, 'never-acted');
  }

  /** Goes back and acknowledges; one that knows nothing of the operation acknowledges that it never acts on it. */
  revoke(operation: string, token: SlotToken): void {
    if (this.behaviour.ignoresRevokes || this.revoked.has(operation)) return;
    this.revoked.add(operation);
    const isKnown = this.operations.has(operation);
    this.operations.set(operation, { phase: 'back', token, isRunning: true });
    void this.#end(operation, isKnown ? 'rolled-back' : 'never-acted');
  }

  async #run(operation: string, known: Operation, token: SlotToken): Promise<void> {
    const answer = await this.#fleet.untilAnswered((core) => core.slots.begin(this.uid, operation, token, AbortSignal.timeout(10_000)));
    if (!answer.isYes) {
      this.#fleet.refusals.push(answer.reason);
      if (this.behaviour.givesBack) await this.#end(operation, 'never-acted');
      known.isRunning = false;
      return;
    }
    this.#fleet.moments.push({ what: 'begun', atMs: performance.now() });
    this.#to(operation, 'pre');
    await this.#fleet.disturb(this.uid, this.behaviour.actMs);
    await this.#fleet.untilAnswered((core) => core.slots.confirm(this.uid, operation, token));
    this.#to(operation, 'confirming');
    if (this.behaviour.outcome === 'installed') this.facts = factsOf('2.14.17', 'boot-1', ['uvs']);
    await this.#end(operation, this.behaviour.outcome);
  }

  async #end(operation: string, outcome: Outcome): Promise<void> {
    const token = this.operations.get(operation)?.token;
    await this.#fleet.untilAnswered((core) =>
      core.slots.ended(this.uid, { operation, token, outcome, message: `it was ${outcome}`, outputTail: 'last line', facts: this.facts }),
    );
    this.operations.delete(operation);
    this.#fleet.changed(this.uid);
  }

  #to(operation: string, phase: string): void {
    const known = this.operations.get(operation);
    if (known !== undefined) known.phase = phase;
    this.#fleet.changed(this.uid);
  }
}
