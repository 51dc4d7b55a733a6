import { setTimeout as delay } from 'node:timers/promises';
import { bootClock } from '../../agent/os/boot-clock.ts';
import { proxyOf, type ChaosCluster } from './cluster.ts';
import { groupOf, kindOf, LEADER, type Fault, type Machines, type Planned } from './faults.ts';
import type { ChaosLog } from './log.ts';
import type { Network } from './network.ts';
import type { Observer } from './observer.ts';
import type { Absence } from './verdict.ts';

/** How long a fault that waits for a node to begin waits. */
const BEGIN_WAIT_MS = 20_000;

export interface InjectorOptions {
  readonly cluster: ChaosCluster;
  readonly network: Network;
  readonly machines: Machines;
  readonly observer: Observer;
  readonly log: ChaosLog;
}

/** Does the faults and undoes them. What is under one fault is spared by the next of its sort. */
export class Injector {
  readonly counts = new Map<string, number>();
  readonly absences: Absence[] = [];
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

  async #inject(fault: Fault, number: number, signal: AbortSignal): Promise<void> {
    const { log } = this.#options;
    const target = await this.#target(fault, signal);
    const keys = target === undefined ? [] : locksOf(fault, target);
    if (target === undefined || keys.some((key) => this.#busy.has(key))) {
      log.write('skipped', { number, target });
      return;
    }
    for (const key of keys) this.#busy.add(key);
    const kind = kindOf(fault);
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
    log.write('fault', { number, kind, target });
    try {
      await this.#strike(fault, target, signal);
    } finally {
      log.write('over', { number, kind, target });
      for (const key of keys) this.#busy.delete(key);
    }
  }

  async #target(fault: Fault, signal: AbortSignal): Promise<string | undefined> {
    const { observer } = this.#options;
    switch (fault.kind) {
      case 'kill':
      case 'stop':
      case 'unplug':
      case 'hold':
        return fault.target === LEADER ? observer.leader : fault.target;
      case 'kill-at-begin':
      case 'stop-at-begin':
        return await observer.nextBegin(AbortSignal.any([signal, AbortSignal.timeout(BEGIN_WAIT_MS)]));
      case 'cut':
        return fault.between[0];
      case 'no-quorum':
        return fault.members.join(' ');
    }
  }

  async #strike(fault: Fault, target: string, signal: AbortSignal): Promise<void> {
    const { cluster, network } = this.#options;
    const last = (): Promise<void> => sleep(fault.forMs, signal);
    switch (fault.kind) {
      case 'kill':
      case 'kill-at-begin':
        return await this.#away(target, async () => {
          await cluster.part(target).kill();
          await last();
          cluster.part(target).start();
        });
      case 'stop':
      case 'stop-at-begin':
        return await this.#away(target, async () => {
          cluster.part(target).stop();
          await last();
          cluster.part(target).wake();
        });
      case 'cut': {
        const [machine, others] = fault.between;
        const struck = async (): Promise<void> => {
          network.cut(machine, others, fault.way);
          await last();
          network.heal(machine, others, fault.way);
        };
        // what it gets no answer to may still be heard
        return fault.way === 'from' ? await struck() : await this.#away(target, struck);
      }
      case 'unplug':
        return await this.#away(target, async () => {
          network.unplug(target);
          await last();
          network.plug(target);
        });
      case 'hold': {
        const proxy = cluster.part(proxyOf(target));
        proxy.tell(`${fault.how} ${fault.holdMs}`);
        await last();
        proxy.tell('pass');
        return;
      }
      case 'no-quorum': {
        const parts = fault.members.map((member) => cluster.part(member));
        if (fault.how === 'kill') await Promise.all(parts.map((part) => part.kill()));
        else for (const part of parts) part.stop();
        await last();
        for (const part of parts) {
          if (fault.how === 'kill') part.start();
          else part.wake();
        }
        return;
      }
    }
  }

  /** Notes for how long nothing came from an agent. */
  async #away(target: string, act: () => Promise<void>): Promise<void> {
    const fromMs = bootClock.nowMs();
    const absence = { node: target, fromMs, toMs: Number.POSITIVE_INFINITY };
    if (groupOf(target) === 'agent') this.absences.push(absence);
    await act();
    absence.toMs = bootClock.nowMs();
  }
}

/** Two faults on the same of these would undo each other. */
function locksOf(fault: Fault, target: string): readonly string[] {
  switch (fault.kind) {
    case 'kill':
    case 'stop':
    case 'kill-at-begin':
    case 'stop-at-begin':
      return [`process ${target}`];
    case 'no-quorum':
      return fault.members.map((member) => `process ${member}`);
    case 'unplug':
      return [`link ${target}`];
    case 'hold':
      return [`proxy ${target}`];
    case 'cut':
      return [];
  }
}

async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => undefined);
}
