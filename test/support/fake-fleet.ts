import { performance } from 'node:perf_hooks';
import { UvsError } from '../../common/errors.ts';
import type { NodeFacts } from '../../common/facts.ts';
import type { Outcome } from '../../common/outcome.ts';
import type { SlotToken } from '../../common/slot-token.ts';
import type { Coordinator } from '../../coordinator/core/coordinator.ts';
import type { NodeRecord } from '../../coordinator/domain.ts';
import type { AgentLink, HealthAnswer, LastHeard, LiveNode } from '../../coordinator/ports.ts';

/** When one node was out of service, by the monotonic clock. */
export interface Disturbance {
  readonly uid: string;
  readonly fromMs: number;
  readonly toMs: number;
}

/** How one node's agent behaves. */
export interface Behaviour {
  stageMs: number;
  actMs: number;
  outcome: Outcome;
  /** Services that are down whenever it is asked. */
  failedServices: readonly string[];
  /** Does not ask to begin. */
  ignoresGrants: boolean;
  /** Does not hear that it is to give an operation up. */
  ignoresCancels: boolean;
  /** Does not hear that its slot was taken back. */
  ignoresRevokes: boolean;
  /** Begun, and unknown to the agent when its session began. */
  forgottenOperation: string | undefined;
  quarantineReason: string | undefined;
}

interface Operation {
  phase: string;
  token: SlotToken | undefined;
  isRunning: boolean;
}

/** One agent as the coordinator sees it: stages, asks to begin, acts, reports its end until somebody takes it. */
export class FakeAgent {
  readonly uid: string;
  readonly behaviour: Behaviour = {
    stageMs: 5,
    actMs: 10,
    outcome: 'installed',
    failedServices: [],
    ignoresGrants: false,
    ignoresCancels: false,
    ignoresRevokes: false,
    forgottenOperation: undefined,
    quarantineReason: undefined,
  };
  readonly operations = new Map<string, Operation>();
  /** Operations that it was told to give back. */
  readonly revoked = new Set<string>();
  facts: NodeFacts;
  /** When its session was opened. */
  openedMs = 0;
  /** Which link it is connected to. */
  link: FleetLink | undefined;
  readonly #fleet: FakeFleet;

  constructor(fleet: FakeFleet, uid: string) {
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
      known.isRunning = false;
      this.#fleet.refusals.push(answer.reason);
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

/** One coordinator's line to the agents. */
export class FleetLink implements AgentLink {
  readonly #fleet: FakeFleet;
  readonly #listeners = new Set<(uid: string) => void>();
  readonly #ends = new Map<string, number>();

  constructor(fleet: FakeFleet) {
    this.#fleet = fleet;
  }

  live(uid: string): LiveNode | undefined {
    return this.#agent(uid)?.live();
  }

  assign(uid: string, { operation }: { operation: string }): void {
    this.#agent(uid)?.assign(operation);
  }

  grant(uid: string, operation: string, token: SlotToken): void {
    this.#agent(uid)?.grant(operation, token);
  }

  cancel(uid: string, operation: string): void {
    this.#agent(uid)?.cancel(operation);
  }

  revoke(uid: string, operation: string, token: SlotToken): void {
    this.#agent(uid)?.revoke(operation, token);
  }

  /** The connection of one agent ends. */
  end(uid: string): void {
    this.#ends.set(uid, performance.now());
    const agent = this.#agent(uid);
    if (agent !== undefined) agent.link = undefined;
    this.changed(uid);
  }

  reintroduce(uid: string): void {
    this.#fleet.reintroduced.add(uid);
  }

  lastHeard(uid: string): LastHeard | undefined {
    const live = this.live(uid);
    const endedMs = this.#ends.get(uid);
    if (live !== undefined) return { atMs: live.lastHeardMs, doing: live.openOperations.at(-1)?.phase ?? '', endedMs: undefined };
    return endedMs === undefined ? undefined : { atMs: endedMs, doing: '', endedMs };
  }

  async probe(uid: string): Promise<HealthAnswer> {
    const agent = this.#agent(uid);
    if (agent === undefined) throw new UvsError('UNREACHABLE', `node ${uid} is not connected`);
    this.#fleet.probes += 1;
    this.#fleet.moments.push({ what: 'healthy', atMs: performance.now() });
    return { bootId: agent.facts.bootId, facts: agent.facts, failedServices: agent.behaviour.failedServices };
  }

  async *readOutput(): AsyncGenerator<string> {
    yield 'output';
  }

  onChange(listener: (uid: string) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  changed(uid: string): void {
    for (const listener of this.#listeners) listener(uid);
  }

  #agent(uid: string): FakeAgent | undefined {
    const agent = this.#fleet.agents.get(uid);
    return agent?.link === this ? agent : undefined;
  }
}

/** All agents, connected to whichever coordinator leads. */
export class FakeFleet implements Disposable {
  readonly agents = new Map<string, FakeAgent>();
  readonly disturbances: Disturbance[] = [];
  /** Why begins were refused. */
  readonly refusals: string[] = [];
  /** When a node testified that it is healthy, and when one got its yes to begin, in their order. */
  readonly moments: { readonly what: 'healthy' | 'begun'; readonly atMs: number }[] = [];
  /** Agents that are to say anew what they hold. */
  readonly reintroduced = new Set<string>();
  disturbedNow = 0;
  mostDisturbed = 0;
  probes = 0;
  onDisturb: (uid: string) => void = () => undefined;
  #leader: Coordinator | undefined;
  readonly #timers = new Set<NodeJS.Timeout>();
  #isOver = false;

  constructor(uids: readonly string[]) {
    for (const uid of uids) this.agents.set(uid, new FakeAgent(this, uid));
  }

  agent(uid: string): FakeAgent {
    const agent = this.agents.get(uid);
    if (agent === undefined) throw new Error(`no agent ${uid}`);
    return agent;
  }

  /** Makes a coordinator's link; its agents come when it leads and go when it does not. */
  linkFor(coordinator: Coordinator): FleetLink {
    const link = new FleetLink(this);
    coordinator.onChange(() => {
      if (coordinator.isLeader()) {
        this.#leader = coordinator;
        for (const agent of this.agents.values()) agent.link = link;
        for (const uid of this.agents.keys()) link.changed(uid);
      } else if (this.#leader === coordinator) {
        this.cut(coordinator);
      }
    });
    return link;
  }

  /** The connection to a coordinator is gone. */
  cut(coordinator: Coordinator): void {
    if (this.#leader !== coordinator) return;
    this.#leader = undefined;
    for (const agent of this.agents.values()) agent.link = undefined;
  }

  changed(uid: string): void {
    this.agents.get(uid)?.link?.changed(uid);
  }

  later(ms: number, work: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      if (!this.#isOver) work();
    }, ms);
    this.#timers.add(timer);
  }

  /** Calls the leader, whoever it is by then, until it answers. */
  async untilAnswered<T>(call: (core: Coordinator['core']) => Promise<T>): Promise<T> {
    while (!this.#isOver) {
      try {
        if (this.#leader !== undefined) return await call(this.#leader.core);
      } catch (error) {
        if (!(error instanceof UvsError) || (error.reason !== 'NOT_LEADER' && error.reason !== 'ETCD_UNAVAILABLE')) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return new Promise(() => undefined);
  }

  async disturb(uid: string, ms: number): Promise<void> {
    const fromMs = performance.now();
    this.disturbedNow += 1;
    this.mostDisturbed = Math.max(this.mostDisturbed, this.disturbedNow);
    this.onDisturb(uid);
    await new Promise((resolve) => setTimeout(resolve, ms));
    this.disturbedNow -= 1;
    this.disturbances.push({ uid, fromMs, toMs: performance.now() });
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    for (const timer of this.#timers) clearTimeout(timer);
  }
}

export function factsOf(uvsVersion: string, bootId: string, installed: readonly string[]): NodeFacts {
  return {
    distroId: 'debian',
    distroVersion: '12',
    arch: 'arm64',
    board: '',
    agentVersion: '0.1.0',
    uvsVersion,
    cephVersion: '16.2.15',
    kernelVersion: '6.1.0',
    diskFreeBytes: 1,
    diskTotalBytes: 2,
    bootId,
    installed: installed.map((component) => ({ component, version: uvsVersion, epoch: 0, releaseSeq: 17, manifestHash: 'b'.repeat(64) })),
    daemons: [],
  };
}

export function nodeOf(uid: string, hostname: string, roles: readonly string[]): NodeRecord {
  return {
    uid,
    hostname,
    roles,
    labels: {},
    addresses: ['192.0.2.1'],
    cordonReason: undefined,
    credential: `serial-${uid}`,
    enrolledAt: 0,
    reportedEpoch: undefined,
    facts: factsOf('2.14.16', 'boot-1', []),
  };
}
