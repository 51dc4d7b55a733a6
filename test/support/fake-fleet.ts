import { performance } from 'node:perf_hooks';
import { UvsError } from '../../common/errors.ts';
import type { SlotToken } from '../../common/slot-token.ts';
import type { Coordinator } from '../../coordinator/core/coordinator.ts';
import { unfinishedWork } from '../../coordinator/node-status.ts';
import type { AgentLink, HealthAnswer, LastHeard, LiveNode } from '../../coordinator/ports.ts';
import { FleetAgent, type Moment } from './fleet-agent.ts';

/** When one node was out of service, by the monotonic clock. */
export interface Disturbance {
  readonly uid: string;
  readonly fromMs: number;
  readonly toMs: number;
}

/** One coordinator's line to the agents. */
export class FleetLink implements AgentLink {
  readonly #fleet: FakeFleet;
  readonly #listeners = new Set<(uid: string) => void>();
  readonly #ends = new Map<string, LastHeard>();

  constructor(fleet: FakeFleet) {
    this.#fleet = fleet;
  }

  live(uid: string): LiveNode | undefined {
    this.#fleet.looks += 1;
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
    const agent = this.#agent(uid);
    const endedMs = performance.now();
    this.#ends.set(uid, { atMs: endedMs, doing: '', endedMs, unfinished: unfinishedWork(agent?.live()) });
    if (agent !== undefined) agent.link = undefined;
    this.changed(uid);
  }

  reintroduce(uid: string): void {
    this.#fleet.reintroduced.add(uid);
  }

  lastHeard(uid: string): LastHeard | undefined {
    const live = this.live(uid);
    if (live === undefined) return this.#ends.get(uid);
    return { atMs: live.lastHeardMs, doing: live.openOperations.at(-1)?.phase ?? '', endedMs: undefined, unfinished: unfinishedWork(live) };
  }

  async probe(uid: string): Promise<HealthAnswer> {
    const agent = this.#agent(uid);
    if (agent === undefined) throw new UvsError('UNREACHABLE', `node ${uid} is not connected`);
    this.#fleet.probes += 1;
    if (agent.behaviour.probeMs > 0) await new Promise((resolve) => setTimeout(resolve, agent.behaviour.probeMs));
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

  #agent(uid: string): FleetAgent | undefined {
    const agent = this.#fleet.agents.get(uid);
    return agent?.link === this ? agent : undefined;
  }
}

/** All agents, connected to whichever coordinator leads. */
export class FakeFleet implements Disposable {
  readonly agents = new Map<string, FleetAgent>();
  readonly disturbances: Disturbance[] = [];
  /** Why begins were refused. */
  readonly refusals: string[] = [];
  /** When a node testified that it is healthy, and when one got its yes to begin, in their order. */
  readonly moments: Moment[] = [];
  /** Agents that are to say anew what they hold. */
  readonly reintroduced = new Set<string>();
  disturbedNow = 0;
  mostDisturbed = 0;
  probes = 0;
  /** How often a coordinator looked what it knows of an agent. */
  looks = 0;
  onDisturb: (uid: string) => void = () => undefined;
  #leader: Coordinator | undefined;
  readonly #timers = new Set<NodeJS.Timeout>();
  #isOver = false;

  constructor(uids: readonly string[]) {
    for (const uid of uids) this.agents.set(uid, new FleetAgent(this, uid));
  }

  agent(uid: string): FleetAgent {
    const agent = this.agents.get(uid);
    if (agent === undefined) throw new Error(`no agent ${uid}`);
    return agent;
  }

  /** Makes a coordinator's link; its agents come when it leads and go when it does not. */
  linkFor(coordinator: Coordinator): FleetLink {
    const link = new FleetLink(this);
    coordinator.onChange(() => {
      if (coordinator.isLeader()) {
        // whoever was cut off meanwhile stays so
        if (this.#leader === coordinator) return;
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
