import pino from 'pino';
import type { Stored } from '../../agent/stored.ts';
import type { Said } from '../../agent/limits/control-group.ts';
import type { ObservedUnit } from '../../agent/limits/judge.ts';
import { LimitKeeper, type LimitRecords } from '../../agent/limits/keeper.ts';
import type { CannotRun, LimitedMachine } from '../../agent/limits/ports.ts';
import type { Stray } from '../../agent/limits/reach.ts';
import { isNamedBy } from '../../agent/limits/wanted.ts';
import type { Moment } from '../../agent/limits/taken.ts';
import type { UvsError } from '../../common/errors.ts';
import type { LimitName } from '../../common/limits/keys.ts';

const MIB = 1024 ** 2;

/** A machine whose systemd puts in force what its drop-ins say when it reads them again, but what holds from the next start. */
export class FakeMachine implements LimitedMachine {
  readonly dropIns = new Map<string, string>();
  /** What the kernel has, of the services that run. */
  readonly kernel = new Map<string, Map<LimitName, Said>>();
  /** Services that are stopped, and that systemd has forgotten. */
  readonly forgotten = new Set<string>();
  readonly stopped = new Set<string>();
  /** Those that nothing starts any more. */
  readonly disabled = new Set<string>();
  /** By any of their names; one that the kernel has something of runs all the same. */
  readonly masked = new Set<string>();
  /** Other names of services. */
  readonly aliases = new Map<string, string>();
  /** Drop-ins of others, which are read later. */
  readonly later = new Map<string, string>();
  /** What each service uses, but those of `uses`. */
  memoryBytes = 60 * MIB;
  readonly uses = new Map<string, number>();
  nodeBytes = 1000 * MIB;
  isRatioSet = false;
  stray: Stray | undefined;
  /** What its services were told at their start. */
  podLimit: number | undefined;
  /** What goes wrong with a unit, or pattern: "observe ceph-osd@3.service". */
  readonly oddities = new Set<string>();
  /** When it is, and when main processes were started, where that is known. */
  readonly moment = { boot: 'a', us: 1000 };
  readonly startedUs = new Map<string, number>();
  /** What systemd would start its services with. */
  readonly toStartWith = new Map<LimitName, Said>();
  reloads = 0;
  /** The drop-ins as systemd has read them last. */
  known: ReadonlyMap<string, string> = new Map();
  reloadFailure: UvsError | undefined;

  constructor(...units: readonly string[]) {
    for (const unit of units)
      this.kernel.set(
        unit,
        new Map<LimitName, Said>([
          ['MemoryMax', 'none'],
          ['LimitNOFILE', 1024],
        ]),
      );
  }

  async node() {
    return { memoryBytes: this.nodeBytes, cpus: 2, cgroupVersion: 2 as const, mostOpenFiles: 1_000_000 };
  }
  async now(): Promise<Moment> {
    return { ...this.moment };
  }
  async matching(pattern: string): Promise<readonly string[] | CannotRun> {
    const own = this.aliases.get(pattern);
    const id = own ?? pattern;
    if (this.masked.has(pattern) && !this.kernel.has(id)) return { id, why: `${pattern} is masked` };
    this.#odd('find', pattern);
    if (own !== undefined) return [own];
    return [...this.kernel.keys()].filter((unit) => isNamedBy(pattern, unit) && !this.forgotten.has(unit));
  }
  async isAwaited(unit: string): Promise<boolean> {
    this.#odd('ask of', unit);
    return !this.disabled.has(unit);
  }
  async isMemoryRatioSet(): Promise<boolean> {
    return this.isRatioSet;
  }
  async observe(unit: string): Promise<ObservedUnit> {
    this.#odd('observe', unit);
    const later = this.later.get(unit);
    return {
      isRunning: !this.stopped.has(unit),
      whyNoStart: this.masked.has(unit) ? `${unit} is masked` : '',
      said: this.kernel.get(unit) ?? new Map<LimitName, Said>(),
      toStartWith: this.toStartWith,
      startedUs: this.startedUs.get(unit),
      hasBfq: false,
      usage: { memoryBytes: this.uses.get(unit) ?? this.memoryBytes, tasks: 5, openFiles: 20 },
      stray: this.stray,
      podLimit: this.podLimit,
      dropIns: [`/etc/systemd/system/${unit}.d/90-uvs-limits.conf`, ...(later === undefined ? [] : [later])],
    };
  }
  async limited(): Promise<readonly string[]> {
    return [...this.dropIns.keys()];
  }
  async readDropIn(unit: string): Promise<string | undefined> {
    this.#odd('read', unit);
    return this.dropIns.get(unit);
  }
  async writeDropIn(unit: string, text: string | undefined): Promise<void> {
    this.#odd('write', unit);
    if (text === undefined) this.dropIns.delete(unit);
    else this.dropIns.set(unit, text);
  }
  #odd(act: string, what: string): void {
    if (this.oddities.has(`${act} ${what}`)) throw new Error(`${act} ${what}: it is odd`);
  }
  async reload(): Promise<void> {
    this.reloads += 1;
    if (this.reloadFailure !== undefined) throw this.reloadFailure;
    this.known = new Map(this.dropIns);
    for (const [unit, said] of this.kernel) {
      if (this.later.has(unit)) continue;
      const found = /^MemoryMax=(\d+)$/m.exec(this.dropIns.get(unit) ?? '')?.[1];
      said.set('MemoryMax', found === undefined ? 'none' : Number(found));
    }
  }
}

/** With what it has written in memory. */
export function keeperOf(machine: LimitedMachine, records: Partial<LimitRecords> = {}, log = pino({ level: 'silent' })): LimitKeeper {
  return new LimitKeeper(machine, { written: inMemory(), owed: inMemory(), taken: inMemory(), ...records }, log);
}

function inMemory<T>(): Stored<T> {
  let content: T | undefined;
  return {
    read: async () => content,
    write: async (written) => {
      content = written;
    },
  };
}
