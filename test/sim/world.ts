import { createHash } from 'node:crypto';
import { startAgent } from './agent.ts';
import { CoordinatorMachine, nodeNameOf } from './coordinator.ts';
import { SimulatedEtcd } from './etcd.ts';
import { Machine } from './machine.ts';
import { Network } from './network.ts';
import { actor, Operator } from './operator.ts';
import { Moments, type Own } from './moments.ts';
import type { Plan, When, Who } from './plan.ts';
import { Prng } from './prng.ts';
import { BrokenPromise } from './broken-promise.ts';
import { judgeCommit } from './judge-commit.ts';
import { judgeDrains, unrecordedFlags } from './judge-drains.ts';
import { judgeDisturbance, judgeMachines } from './judge-machines.ts';
import { ReasonJudge } from './judge-reasons.ts';
import type { Observed } from './observed.ts';
import { Storage } from './storage.ts';
import type { Commit } from './store.ts';
import { ledgerIn } from './stored.ts';
import { Timeline, WallClock } from './timeline.ts';
import { toUvsError } from '../../common/errors.ts';
import { isAuditKey } from '../../coordinator/state/audit-rings.ts';
import { keys } from '../../coordinator/state/keys.ts';
import { nodeOf } from '../support/fleet-records.ts';

const ROLES = [['mon', 'osd'], ['mon', 'osd'], ['mon', 'osd'], ['osd'], ['osd'], ['osd']] as const;
/** Share of the reboots that UVS asks for that never end. */
const STAYS_DOWN = 0.05;
const STORY_LINES = 400;
/** How often it is looked at what an operator is shown. */
const LOOK_MS = 10_000;
/** Several times as many as any run needs. */
const MOST_EVENTS = 150_000;

/** How often there was a node in a machine's place, itself included. */
export function generationOf({ uid }: Machine): number {
  return Number(uid.slice(-4, -2));
}

function hostnameOf(index: number): string {
  return `n${index + 1}`;
}

function uidOf(index: number, generation: number): string {
  const suffix = `${String(generation).padStart(2, '0')}${String(index + 1).padStart(2, '0')}`;
  return `00000000-0000-4000-8000-${suffix.padStart(12, '0')}`;
}

/** An enrolment whose answer was lost is refused when it is repeated: whoever sees that its UID is enrolled has joined. @throws the error, if it is another */
function demandJoined(error: unknown, uid: string): void {
  const { reason, details } = toUvsError(error);
  if (reason !== 'ALREADY_EXISTS' || details['node'] !== uid) throw error;
}

/** All that a simulated run consists of. Whatever happens in it is looked at here as it happens. */
export class World {
  readonly timeline = new Timeline();
  readonly network: Network;
  readonly etcd: SimulatedEtcd;
  readonly storage: Storage;
  readonly operator: Operator;
  readonly coordinators: readonly CoordinatorMachine[];
  /** By UID, also those that are gone; one that has joined again is there by each of its UIDs. */
  readonly machines = new Map<string, Machine>();
  /** By number; a replaced node has the place of the one before. */
  readonly nodes: Machine[] = [];
  /** Ids, in the order in which they were made. */
  readonly rollouts: string[] = [];
  /** The highest budget that anybody has set. */
  mostDown = 1;
  /** What has gone wrong so far. */
  faults = 0;
  /** Nothing goes wrong any more. */
  isHealed = false;
  /** When etcd was put back to an older state, if it has not been adopted since. */
  forgetfulSinceMs: number | undefined;
  /** Called when a coordinator finds that etcd was put back. */
  onHold: () => void = () => undefined;
  readonly #prng: Prng;
  readonly #byAddress: ReadonlyMap<string, CoordinatorMachine>;
  readonly #story: string[] = [];
  readonly #trace = createHash('sha256');
  readonly #actions = new Map<string, number>();
  readonly #moments = new Moments();
  readonly #reasons = new ReasonJudge();
  /** By host name: a coordinator's is that of the node on the same machine. */
  readonly #clocks = new Map<string, WallClock>();
  #broken: BrokenPromise | undefined;
  #begun = 0;

  constructor(plan: Plan) {
    this.#prng = new Prng(plan.seed);
    const { timeline } = this;
    this.network = new Network(timeline, this.#prng.fork('network'));
    this.etcd = new SimulatedEtcd(timeline, this.network, this.#prng.fork('etcd'), (by, commit) => this.#committed(by, commit));
    const hostnames = Array.from({ length: plan.nodes }, (_, index) => hostnameOf(index));
    this.storage = new Storage(timeline, this.#prng.fork('storage'), hostnames, () => this.#drained());
    this.coordinators = Array.from({ length: plan.coordinators }, (_, index) => {
      const id = `c${index + 1}`;
      return new CoordinatorMachine({
        id,
        timeline,
        clock: this.#clockOf(nodeNameOf(id)),
        prng: this.#prng.fork(id),
        connect: (process) => this.etcd.connect(process, id),
        drain: this.storage.drain,
        onLog: (line) => this.tell(`${id} logs ${line.trim().slice(0, 300)}`),
      });
    });
    this.#byAddress = new Map(this.coordinators.map((machine) => [machine.address, machine]));
    this.operator = new Operator(this.network, this.#prng.fork('operator'), this.coordinators, (line) => this.tell(line));
    for (let index = 0; index < plan.nodes; index += 1) this.addNode(index, 1);
    this.#look();
  }

  /** The last things that happened, each with its time. */
  get story(): readonly string[] {
    return this.#story;
  }

  /** A hash over all that has happened: two runs with the same one were the same. */
  get trace(): string {
    return this.#trace.copy().digest('hex');
  }

  /** How often each action was written into the audit log. */
  get actions(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#actions);
  }

  get begun(): number {
    return this.#begun;
  }

  get #observed(): Observed {
    const { etcd, storage, machines, timeline, forgetfulSinceMs } = this;
    return { store: etcd.store, storage, machines, nowMs: timeline.nowMs, forgetfulSinceMs };
  }

  /** Lets everything happen until a time. @throws BrokenPromise */
  async runUntil(untilMs: number): Promise<void> {
    await this.timeline.run(untilMs, () => {
      judgeMachines(this.#observed, this.mostDown);
      if (this.timeline.events > MOST_EVENTS)
        throw new BrokenPromise('all comes to its end', `more than ${MOST_EVENTS} events: somebody is busy with nothing`);
      if (this.#broken !== undefined) throw this.#broken;
    });
  }

  tell(line: string): void {
    const told = `${(this.timeline.nowMs / 1000).toFixed(3).padStart(9)} s  ${line}`;
    this.#trace.update(told);
    this.#story.push(told);
    if (this.#story.length > STORY_LINES) this.#story.shift();
  }

  /** Has something happen at its time. */
  at({ atMs, on }: When, happen: (own: Own | undefined) => void): void {
    if (on === undefined) this.timeline.after(atMs, undefined, () => happen(undefined));
    else this.#moments.await(on, (own) => this.timeline.after(atMs, undefined, () => happen(own)));
  }

  coordinator(who: Who, own: Own | undefined): CoordinatorMachine {
    const isOwn = ({ id }: CoordinatorMachine): boolean => id === own?.coordinator;
    const number = who === 'its own' ? Math.max(0, this.coordinators.findIndex(isOwn)) : who;
    const found = this.coordinators[number % this.coordinators.length];
    if (found === undefined) throw new Error('there is no coordinator');
    return found;
  }

  node(who: Who, own: Own | undefined): Machine {
    const isOwn = ({ uid }: Machine): boolean => uid === own?.uid;
    const number = who === 'its own' ? Math.max(0, this.nodes.findIndex(isOwn)) : who;
    const found = this.nodes[number % this.nodes.length];
    if (found === undefined) throw new Error('there is no node');
    return found;
  }

  /** The id of a rollout; undefined: none was made by then. */
  rollout(who: Who, own: Own | undefined): string | undefined {
    return who === 'its own' ? own?.rollout : this.rollouts[who];
  }

  /** A new machine in the place of a node. */
  addNode(index: number, generation: number): void {
    const uid = uidOf(index, generation);
    const hostname = hostnameOf(index);
    const machine = new Machine({
      uid,
      hostname,
      roles: ROLES[index] ?? ['osd'],
      timeline: this.timeline,
      clock: this.#clockOf(hostname),
      prng: this.#prng.fork(`node ${uid}`),
      onDisturb: (disturbed, what) => {
        this.tell(`${disturbed.hostname} ${what}`);
        this.#judge(() => judgeDisturbance(disturbed, what, this.#observed));
      },
      onReboot: (rebooting) => this.#reboot(rebooting),
    });
    this.nodes[index] = machine;
    this.machines.set(machine.uid, machine);
  }

  /** A machine is to join again: it forgets that it had joined before, and nothing else. */
  mintAnew(machine: Machine): void {
    machine.killAgent();
    const index = this.nodes.indexOf(machine);
    machine.takeUid(uidOf(index, generationOf(machine) + 1));
    this.machines.set(machine.uid, machine);
  }

  /** Brings a machine into the cluster and starts its agent. */
  join(machine: Machine): void {
    if (machine.isGone) return;
    const record = { ...nodeOf(machine.uid, machine.hostname, machine.roles), facts: machine.facts };
    this.operator.ask(
      `enrol ${machine.hostname}`,
      (core) => core.nodes.enrol(record, actor).catch((error: unknown) => demandJoined(error, machine.uid)),
      () => {
        if (!machine.isOn) return this.powerOn(machine);
        this.startAgent(machine);
        // on a machine that has taken the place of another
        this.#coordinatorOn(machine)?.start();
      },
    );
  }

  startAgent(machine: Machine): void {
    if (!machine.isOn || machine.isGone) return;
    // a machine has one agent
    machine.killAgent();
    const prng = this.#prng.fork(`agent ${machine.uid} ${this.timeline.nowMs}`);
    startAgent({ machine, network: this.network, prng, coordinators: this.#byAddress });
  }

  /** Its coordinator goes with it. */
  powerOff(machine: Machine): void {
    machine.powerOff();
    this.#coordinatorOn(machine)?.crash();
  }

  powerOn(machine: Machine): void {
    if (machine.isOn || machine.isGone) return;
    machine.powerOn();
    this.startAgent(machine);
    this.#coordinatorOn(machine)?.start();
  }

  /** What an agent asked for; some machines never come back from it. */
  #reboot(machine: Machine): void {
    this.powerOff(machine);
    const isForGood = !this.isHealed && this.#prng.chance(STAYS_DOWN);
    if (isForGood) this.tell(`${machine.hostname} never comes back from its reboot`);
    else this.timeline.after(this.#prng.between(5_000, 90_000), undefined, () => this.powerOn(machine));
  }

  #clockOf(hostname: string): WallClock {
    const clock = this.#clocks.get(hostname) ?? new WallClock();
    this.#clocks.set(hostname, clock);
    return clock;
  }

  #coordinatorOn(machine: Machine): CoordinatorMachine | undefined {
    return this.coordinators.find(({ nodeName }) => nodeName === machine.hostname);
  }

  #committed(by: string, commit: Commit): void {
    this.#trace.update(`${by} ${commit.revision} ${JSON.stringify(commit.changes)}`);
    for (const change of commit.changes) {
      if (change.do !== 'put') continue;
      if (change.key === keys.leader) this.tell(`${by} wins the leadership`);
      else if (isAuditKey(change.key)) this.#audited(by, change.value, commit);
      else if (change.key.startsWith(keys.slots) && change.value.includes('"state":"begun"')) this.#begun += 1;
    }
    this.#judge(() => judgeCommit(commit, this.#observed));
    if (commit.changes.some((change) => 'key' in change && change.key.startsWith(keys.drains))) this.#drained();
  }

  #look(): void {
    const { nowMs } = this.timeline;
    const leads = ({ coordinator, process }: CoordinatorMachine): boolean =>
      !process.isDead && process.heldUntilMs <= nowMs && coordinator?.isLeader() === true;
    this.#reasons.look(this.#observed, this.coordinators.find(leads), (judge) => this.#judge(judge));
    this.timeline.after(LOOK_MS, undefined, () => this.#look());
  }

  /** What is set outside, or recorded of it, is another than before. */
  #drained(): void {
    if (this.forgetfulSinceMs !== undefined) this.forgetDrains();
    this.#judge(() => judgeDrains(this.storage, this.etcd.store));
  }

  /** An etcd that was put back has lost what was recorded since. */
  forgetDrains(): void {
    this.storage.forget(unrecordedFlags(this.storage, this.etcd.store));
  }

  #audited(by: string, value: string, commit: Commit): void {
    const { actor: who, action, resource, message } = JSON.parse(value);
    this.tell(`${by} makes ${action} of ${resource} for ${who}: ${message}`);
    const nth = (this.#actions.get(action) ?? 0) + 1;
    this.#actions.set(action, nth);
    this.#moments.came(action, nth, by, commit);
    if (action === 'cluster.hold') this.onHold();
    if (action === 'cluster.adopted' && ledgerIn(this.etcd.store).hold === undefined) this.forgetfulSinceMs = undefined;
  }

  #judge(look: () => void): void {
    try {
      look();
    } catch (error) {
      if (!(error instanceof BrokenPromise)) throw error;
      // it is thrown once the event is over: nothing of what is judged may catch it
      this.#broken ??= error;
    }
  }
}
