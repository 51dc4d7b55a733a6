import { statSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { bootClock } from '../../agent/os/boot-clock.ts';
import { proxyOf, type ChaosCluster } from './cluster.ts';
import { groupOf, kindOf, LEADER, struckBy, type Fault, type Machines, type Planned } from './faults.ts';
import type { ChaosLog } from './log.ts';
import type { Network } from './network.ts';
import type { Begun, Observer } from './observer.ts';
import type { Absence, Sleep } from './verdict.ts';

/** How long a fault waits for what it is to strike: for a leader, for a node that begins, for the end of another fault on the same. */
const PATIENCE_MS = 60_000;
/** How long a hold waits for a transaction. */
const HOLD_MS = 20_000;
const LOOK_MS = 100;
/** How long a leader may take to say that it leads. */
const LEADER_MS = 1_000;
/** How much longer than planned a leader stays stopped until another one leads. */
const DEPOSITION_MS = 20_000;
/** How long a task that has been started takes to its first mark. */
const FIRST_MARK_MS = 1_500;

export interface InjectorOptions {
  readonly cluster: ChaosCluster;
  readonly network: Network;
  readonly machines: Machines;
  readonly observer: Observer;
  readonly log: ChaosLog;
  /** Whether the node's own tasks have marked anything of the operation. */
  readonly hasActed: (operation: string) => boolean;
}

/** A leader that did nothing for a while. */
export interface Hang {
  readonly how: 'stop' | 'block';
  readonly ms: number;
  /** Another one led when it went on. */
  readonly isDeposed: boolean;
}

/** A fault that knows whom it strikes. */
interface Aimed {
  readonly fault: Fault;
  readonly locks: readonly string[];
  readonly begun?: Begun;
}

/** Does the faults and undoes them. One on what is under another of its sort waits for that one's end. */
export class Injector {
  readonly counts = new Map<string, number>();
  readonly absences: Absence[] = [];
  readonly membersAway: Absence[] = [];
  readonly sleeps: Sleep[] = [];
  readonly hangs: Hang[] = [];
  readonly #options: InjectorOptions;
  readonly #busy = new Set<string>();
  readonly #open = new Set<Promise<void>>();

  constructor(options: InjectorOptions) {
    this.#options = options;
  }

  /** Injects one after the other until the signal; resolves when all are undone. */
  async run(planned: Iterable<Planned>, signal: AbortSignal): Promise<void> {
    let number = 0;
    for (const next of planned) {
      await sleep(next.afterMs, signal);
      if (signal.aborted) break;
      number += 1;
      this.#options.log.write('planned', { number, planned: next });
      const one = this.#inject(next.fault, number, signal).finally(() => this.#open.delete(one));
      this.#open.add(one);
    }
    await Promise.all(this.#open);
  }

  async #inject(planned: Fault, number: number, signal: AbortSignal): Promise<void> {
    const { log } = this.#options;
    const aimed = await this.#aim(planned, AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]));
    if (aimed === undefined) {
      log.write('skipped', { number });
      return;
    }
    const { fault, locks, begun } = aimed;
    const kind = kindOf(planned);
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
    log.write('fault', { number, kind, fault, begun });
    try {
      await this.#strike(aimed, signal, planned);
    } finally {
      log.write('over', { number, kind });
      for (const lock of locks) this.#busy.delete(lock);
    }
  }

  /** Finds whom the fault strikes and locks it; undefined where the signal comes first. */
  async #aim(planned: Fault, signal: AbortSignal): Promise<Aimed | undefined> {
    const { cluster, observer } = this.#options;
    const isAtBegin = planned.kind === 'kill-at-begin' || planned.kind === 'stop-at-begin';
    while (!signal.aborted) {
      const begun = isAtBegin ? await observer.nextBegin(signal) : undefined;
      // one that has lost its term without anybody's having won another is no leader
      const fault = struckBy(planned, undefined) ?? struckBy(planned, await cluster.leader(LEADER_MS));
      const locks = fault === undefined ? [] : locksOf(fault, begun?.node);
      if (fault !== undefined && isAtBegin === (begun !== undefined) && !locks.some((lock) => this.#busy.has(lock))) {
        for (const lock of locks) this.#busy.add(lock);
        const aimed = { fault, locks, ...(begun === undefined ? {} : { begun }) };
        if (fault.kind !== 'stop-at-begin' || begun === undefined || (await this.#isBeforeFirstAct(begun, signal))) return aimed;
        for (const lock of locks) this.#busy.delete(lock);
      }
      if (!isAtBegin) await sleep(LOOK_MS, signal);
    }
    return undefined;
  }

  /** Stops an agent that has just begun; where that was too late it goes on, and another one is waited for. */
  async #isBeforeFirstAct({ node, operation }: Begun, signal: AbortSignal): Promise<boolean> {
    const { cluster, hasActed, log } = this.#options;
    cluster.part(node).stop();
    // a task that it has started already is not stopped with it
    await sleep(FIRST_MARK_MS, signal);
    if (!hasActed(operation)) return true;
    log.write('too late', { node, operation });
    cluster.part(node).wake();
    return false;
  }

  async #strike({ fault, begun }: Aimed, signal: AbortSignal, planned: Fault): Promise<void> {
    const { cluster, network, machines } = this.#options;
    const last = (): Promise<void> => sleep(fault.forMs, signal);
    switch (fault.kind) {
      case 'kill':
        return await this.#kill(fault.target, last);
      case 'kill-at-begin':
        return begun === undefined ? undefined : await this.#kill(begun.node, last);
      case 'stop':
        return await this.#stop(fault.target, async () => {
          if (planned.kind === 'stop' && planned.target === LEADER) await this.#hang('stop', fault.target, last, signal);
          else await last();
        });
      case 'stop-at-begin': {
        if (begun === undefined) return;
        const asleep = { ...begun, fromMs: bootClock.nowMs(), toMs: Number.POSITIVE_INFINITY };
        this.sleeps.push(asleep);
        return await this.#stop(begun.node, async () => {
          await last();
          asleep.toMs = bootClock.nowMs();
        });
      }
      case 'block':
        cluster.part(fault.target).tell(`block ${fault.forMs}`);
        return await this.#hang('block', fault.target, last, signal);
      case 'cut': {
        const [machine, others] = fault.between;
        const struck = async (): Promise<void> => {
          network.cut(machine, others, fault.way);
          await last();
          network.heal(machine, others, fault.way);
        };
        // what it gets no answer to may still be heard
        const isAway = fault.way !== 'from' && machines.coordinators.every((coordinator) => others.includes(coordinator));
        return isAway ? await this.#away(machine, struck) : await struck();
      }
      case 'unplug':
        return await this.#away(fault.target, async () => {
          network.unplug(fault.target);
          await last();
          network.plug(fault.target);
        });
      case 'hold': {
        const name = proxyOf(fault.target);
        const proxy = cluster.part(name);
        proxy.tell(`${fault.how} ${fault.holdMs}`);
        await this.#said(cluster.logFile(name), signal);
        await last();
        proxy.tell('pass');
        return;
      }
      case 'no-quorum': {
        const take = (member: string): Promise<void> => (fault.how === 'kill' ? this.#kill(member, last) : this.#stop(member, last));
        await Promise.all(fault.members.map(take));
        return;
      }
    }
  }

  /** Waits until something is added to the file, for as long as is worth it. */
  async #said(file: string, signal: AbortSignal): Promise<void> {
    const { size } = statSync(file);
    const endMs = bootClock.nowMs() + HOLD_MS;
    while (statSync(file).size === size && !signal.aborted && bootClock.nowMs() < endMs) await sleep(LOOK_MS, signal);
  }

  async #kill(target: string, last: () => Promise<void>): Promise<void> {
    const part = this.#options.cluster.part(target);
    await this.#away(target, async () => {
      await part.kill();
      await last();
      part.start();
    });
  }

  async #stop(target: string, last: () => Promise<void>): Promise<void> {
    const part = this.#options.cluster.part(target);
    await this.#away(target, async () => {
      part.stop();
      await last();
      part.wake();
    });
  }

  /** Notes what became of a leader that does nothing; one that is stopped stays so until another one leads. */
  async #hang(how: Hang['how'], leader: string, last: () => Promise<void>, signal: AbortSignal): Promise<void> {
    const { observer } = this.#options;
    const isDeposed = (): boolean => observer.leader !== undefined && observer.leader !== leader;
    const fromMs = bootClock.nowMs();
    await last();
    if (how === 'stop') {
      const endMs = bootClock.nowMs() + DEPOSITION_MS;
      while (!isDeposed() && !signal.aborted && bootClock.nowMs() < endMs) await sleep(LOOK_MS, signal);
    }
    this.hangs.push({ how, ms: bootClock.nowMs() - fromMs, isDeposed: isDeposed() });
  }

  /** Notes for how long nothing came from an agent, or from a member of etcd. */
  async #away(target: string, act: () => Promise<void>): Promise<void> {
    const absence = { machine: target, fromMs: bootClock.nowMs(), toMs: Number.POSITIVE_INFINITY };
    const group = groupOf(target);
    if (group === 'agent') this.absences.push(absence);
    if (group === 'member') this.membersAway.push(absence);
    await act();
    absence.toMs = bootClock.nowMs();
  }
}

/** Two faults on the same of these would undo each other. */
function locksOf(fault: Fault, begun: string | undefined): readonly string[] {
  switch (fault.kind) {
    case 'kill':
    case 'stop':
    case 'block':
      return [`process ${fault.target}`];
    case 'kill-at-begin':
    case 'stop-at-begin':
      return begun === undefined ? [] : [`process ${begun}`];
    case 'no-quorum':
      return fault.members.map((member) => `process ${member}`);
    case 'unplug':
      return [`link ${fault.target}`];
    case 'hold':
      return [`proxy ${fault.target}`];
    case 'cut':
      return [];
  }
}

async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => undefined);
}
