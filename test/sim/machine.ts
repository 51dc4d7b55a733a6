import { endWithTheirAgent } from '../../agent/os/process-tasks.ts';
import { UvsError } from '../../common/errors.ts';
import type { NodeFacts } from '../../common/facts.ts';
import type { Machine as MachinePort, Tasks, Units } from '../../agent/ports.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import { diskAt, wipeDisk, type Disk } from './disk.ts';
import { UNIT } from './packages.ts';
import type { Prng } from './prng.ts';
import { Process, type Timeline, type WallClock } from './timeline.ts';
import { fakeServices } from '../support/fake-services.ts';

export interface MachineOptions {
  readonly uid: string;
  readonly hostname: string;
  readonly roles: readonly string[];
  readonly timeline: Timeline;
  readonly clock: WallClock;
  readonly prng: Prng;
  /** Told just before something takes the machine out of service on UVS's account. */
  readonly onDisturb: (machine: Machine, what: string) => void;
  /** Told once it goes down because its agent wants it rebooted. */
  readonly onReboot: (machine: Machine) => void;
}

/** How likely it is that a task fails. */
const TASK_FAILS = 0.03;

/** A node as it really is, whatever anybody believes of it. */
export class Machine {
  /** What it is to the cluster; another one each time it joins. */
  uid: string;
  readonly hostname: string;
  readonly roles: readonly string[];
  /** Where its agent keeps its state; it stays when the machine joins again. */
  readonly statePath: string;
  /** What it was to the cluster before. */
  readonly formerUids: string[] = [];
  readonly #options: MachineOptions;
  readonly #prng: Prng;
  #boots = 1;
  /** Of its service. */
  #starts = 1;
  /** Its agent; dead while the machine is off. */
  agent: Process;
  isOn = true;
  /** It will never be on again. */
  isGone = false;
  /** Its storage service runs, as far as UVS is concerned. */
  isServing = true;
  /** Until then its service is down for a reason of its own. */
  illUntilMs = 0;
  illSinceMs = 0;
  /** Since when it is off, or its agent dead or hanging: nobody can hear it. */
  silentSinceMs: number | undefined;
  /** When it last said that it is well because it was asked. */
  evidenceMs = Number.NEGATIVE_INFINITY;
  /** When its agent asked the question that was last answered with yes: whether it may begin, or go on. */
  yesAskedMs = Number.NEGATIVE_INFINITY;

  constructor(options: MachineOptions) {
    this.#options = options;
    this.uid = options.uid;
    this.hostname = options.hostname;
    this.roles = options.roles;
    this.#prng = options.prng;
    this.agent = new Process(options.hostname, options.timeline, options.clock);
    // until it has joined
    this.agent.kill();
    this.statePath = `/simulated/${options.uid}`;
    wipeDisk(this.statePath);
  }

  get disk(): Disk {
    return diskAt(this.statePath);
  }

  get isIll(): boolean {
    return this.illUntilMs > this.#options.timeline.nowMs;
  }

  get facts(): NodeFacts {
    const { installed } = this.disk;
    return {
      distroId: 'debian',
      distroVersion: '12',
      arch: 'arm64',
      board: '',
      agentVersion: '0.1.0',
      uvsVersion: installed.versions['uvs'] ?? '2.14.16',
      cephVersion: '16.2.15',
      kernelVersion: '6.1.0',
      diskFreeBytes: 1e9,
      diskTotalBytes: 4e9,
      bootId: this.#bootId,
      installed: installed.components,
      daemons: undefined,
    };
  }

  get #bootId(): string {
    return `boot-${this.#boots}`;
  }

  /** Its agent dies, and nobody hears of the machine. */
  killAgent(): void {
    this.agent.kill();
    this.silentSinceMs ??= this.#options.timeline.nowMs;
  }

  /** Its service can't run for a while, whatever anybody does. */
  fallIll(forMs: number): void {
    const { nowMs } = this.#options.timeline;
    if (!this.isIll) this.illSinceMs = nowMs;
    this.illUntilMs = nowMs + forMs;
  }

  /** It becomes another node to the cluster, with the disk that it has. */
  takeUid(uid: string): void {
    this.formerUids.push(this.uid);
    this.uid = uid;
  }

  /** What an operator does on its console. */
  putInOrder(): void {
    this.illUntilMs = 0;
    if (!this.isServing) this.#startService();
  }

  failedServices(): readonly string[] {
    return this.isServing && !this.isIll ? [] : [UNIT];
  }

  /** What was running on it is gone. */
  powerOff(): void {
    this.isOn = false;
    this.killAgent();
  }

  /** Its service starts at boot. */
  powerOn(): void {
    if (this.isGone) return;
    this.isOn = true;
    this.#boots += 1;
    this.#startService();
  }

  /** A new process of the agent. */
  newAgent(): Process {
    this.agent = new Process(this.hostname, this.#options.timeline, this.#options.clock);
    this.silentSinceMs = undefined;
    return this.agent;
  }

  readonly services = fakeServices({
    stop: async () => {
      this.#demandAlive();
      if (this.isServing) this.#options.onDisturb(this, 'stops its service');
      this.isServing = false;
      await sleep(this.#prng.between(200, 5_000));
    },
    start: async () => {
      this.#demandAlive();
      await sleep(this.#prng.between(200, 5_000));
      if (this.isIll) throw new UvsError('SERVICE_FAILED', `${UNIT} does not start`);
      this.#startService();
    },
    isActive: async () => this.isServing,
    isRunning: async () => this.isServing,
  });

  readonly tasks: Tasks = {
    run: async ({ name }) => {
      this.#demandAlive();
      this.#options.onDisturb(this, `runs the task ${name}`);
      await sleep(this.#prng.between(100, 8_000));
      return { exitCode: this.#prng.chance(TASK_FAILS) ? 1 : 0, signal: undefined, isTimedOut: false, isOutOfMemory: false };
    },
    ...endWithTheirAgent,
    endLeftovers: async () => 0,
  };

  /** Its service manager, which goes on without the agent. */
  readonly units: Units = {
    matching: async () => [UNIT],
    partsOf: async () => [],
    state: async (unit) => ({ unit, isRunning: this.isServing, isWanted: true, start: `${this.#boots}.${this.#starts}` }),
    forgive: () => sleep(this.#prng.between(10, 200)),
    start: async () => {
      this.#demandAlive();
      if (!this.isServing) await this.#startAnew();
    },
    restart: async () => {
      this.#demandAlive();
      if (this.isServing) this.#options.onDisturb(this, 'restarts its service');
      this.isServing = false;
      await this.#startAnew();
    },
  };

  /** What its service manager does once the service is down. */
  async #startAnew(): Promise<void> {
    const boot = this.#boots;
    const restartMs = this.#prng.between(200, 5_000);
    this.#options.timeline.after(restartMs, undefined, () => {
      if (this.isOn && this.#boots === boot && !this.isIll) this.#startService();
    });
    await sleep(restartMs);
    if (!this.isServing) throw new UvsError('SERVICE_FAILED', `${UNIT} does not start`);
  }

  readonly machine: MachinePort = {
    bootId: async () => this.#bootId,
    cannotReboot: undefined,
    sync: () => sleep(this.#prng.between(10, 2_000)),
    reboot: async () => {
      this.#demandAlive();
      this.#options.onDisturb(this, 'reboots');
      this.isServing = false;
      const boot = this.#boots;
      this.#options.timeline.after(this.#prng.between(200, 8_000), undefined, () => {
        if (this.isOn && this.#boots === boot) this.#options.onReboot(this);
      });
    },
  };

  #startService(): void {
    this.#starts += 1;
    this.isServing = true;
  }

  /** A process that has died does nothing more, though its code may run on to its next wait. */
  #demandAlive(): void {
    if (Process.current?.isDead === true) throw new Error('this process is dead');
  }
}
