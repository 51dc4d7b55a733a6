import type { MigrationMachine } from '../../agent/m2/migration/ports.ts';
import type { Migration } from '../../agent/m2/migration/record.ts';
import { UvsError } from '../../common/errors.ts';

/** What a power cut leaves: nothing runs in the process any more. */
class Cut extends Error {}

/**
 * A machine in which a directory has a content, and a service adds to what it finds mounted, whenever it starts. It can be cut before each of its acts;
 * then it boots: mounts are what units say, and the service is started. Its systemd mounts what it has loaded for a service that starts, whether or not
 * the unit's file is there still.
 */
export class MigrationBed {
  old: string | undefined = 'store';
  copy: string | undefined;
  isUnitThere = false;
  isMounted = false;
  /** Whether systemd has the mount's unit, as of when it read its files last. */
  isLoaded = false;
  isRunning = true;
  /** Whether a service does not end in time, and goes on to end. */
  isStopSlow = false;
  isEnding = false;
  /** Whether a mount was taken off below a service that ran. */
  isTornOff = false;
  /** What is answered where the node may not be disturbed. */
  no: UvsError | undefined;
  /** What was compared and asked, in its order. */
  readonly asked: string[] = [];
  /** How often systemd does not read its files when it is told to. */
  failingReloads = 0;
  record: Migration | undefined;
  acts = 0;
  cutAt = Number.POSITIVE_INFINITY;
  /** A copy that is not what was copied. */
  isDiskBad = false;
  /** Something writes now and then that is no service of the migration. */
  isWrittenTo = false;
  /** Some process has a file open. */
  isOpen = false;
  /** Something writes to the old directory in the moment in which it is mounted over. */
  isWrittenBelow = false;
  /** A process goes on with the old directory where the copy is not mounted. */
  isSeenElsewhere = false;
  /** Whether the service falls over on the SSD. */
  isServiceBad = false;
  said: string[] = [];

  /** Units in the order in which they were stopped. */
  stopped: string[] = [];
  /** Why the directory can't be moved. */
  refusal: UvsError | undefined;
  /** Whether the SSD has room for one copy alone. */
  isRoomForOne = false;
  /** Copies that had counted. */
  aside: string[] = [];
  isSsdDead = false;
  /** Whether the SSD fails while trees are compared, which takes long. */
  isSsdDying = false;
  isStartFailing = false;
  /** Units that do not start. */
  readonly ill = new Set<string>();
  /** Units in the order in which they were started. */
  readonly started: string[] = [];
  /** From which write of the record on the disk of the agent is full. */
  fullFrom = Number.POSITIVE_INFINITY;
  /** Whether the mount can't be taken off. */
  isMountStuck = false;
  /** What a cut does: of a process that has died nothing resolves any more, and what throws is what follows from it. */
  onCut: () => Promise<never> = async () => {
    throw new Cut('cut');
  };

  #writes = 0;
  /** Each start of the service writes something of its own: where what is. */
  #starts = 0;
  #inOld = new Set<number>();
  #inCopy = new Set<number>();
  readonly #setAside = new Set<number>();

  async #act(): Promise<void> {
    this.acts += 1;
    if (this.acts >= this.cutAt) await this.onCut();
  }

  get seen(): string | undefined {
    return this.isMounted ? this.copy : this.old;
  }

  #run(): void {
    this.isRunning = true;
    this.#starts += 1;
    if (this.isMounted) {
      this.copy = `${this.copy ?? '(none)'}+`;
      this.#inCopy.add(this.#starts);
    } else {
      this.old = `${this.old ?? '(none)'}+`;
      this.#inOld.add(this.#starts);
    }
  }

  /** Whether each write of the service is in what it sees, or in a copy that was set aside and told, or will be once this is over. */
  get hasAllWrites(): boolean {
    const seen = this.isMounted ? this.#inCopy : this.#inOld;
    const there = new Set([...seen, ...this.#setAside, ...(this.record === undefined ? [] : this.#inCopy)]);
    return there.size === this.#starts;
  }

  #reload(): void {
    if (this.failingReloads > 0) {
      this.failingReloads -= 1;
      throw new UvsError('SERVICE_FAILED', 'systemctl daemon-reload failed: no space on /run/systemd');
    }
    this.isLoaded = this.isUnitThere;
  }

  /** After a cut. */
  boot(): void {
    this.cutAt = Number.POSITIVE_INFINITY;
    this.isLoaded = this.isUnitThere;
    this.isMounted = this.isUnitThere;
    this.#run();
  }

  readonly machine: MigrationMachine = {
    demandMovable: async (...[, , isBegun]) => {
      if (this.isRoomForOne && !isBegun && this.copy !== undefined) throw new UvsError('NOT_ALLOWED_NOW', 'no room beside a copy');
      if (this.refusal !== undefined) throw this.refusal;
    },
    demandServing: async (...[, units]) => {
      if (units.length > 0 && !this.isRunning) throw new UvsError('NOT_ALLOWED_NOW', `${units.join()} does not run`);
      if (this.isSsdDead) throw new UvsError('NOT_ALLOWED_NOW', 'the SSD on /m2 does not work: EIO');
    },
    isRunning: async () => this.isRunning && !this.isEnding,
    hasEnded: async () => !this.isRunning,
    stop: async (unit) => {
      await this.#act();
      this.stopped.push(unit);
      if (this.isStopSlow) {
        this.isEnding = true;
        throw new UvsError('SERVICE_FAILED', `systemctl stop ${unit} has not answered within 300 s`);
      }
      this.isRunning = false;
    },
    start: async (unit) => {
      await this.#act();
      if (this.isStartFailing || this.ill.has(unit)) throw new UvsError('SERVICE_FAILED', `${unit} does not start`);
      this.started.push(unit);
      if (this.isRunning) return;
      this.isMounted ||= this.isLoaded;
      this.#run();
    },
    keepsRunning: async () => !(this.isServiceBad && this.isMounted),
    copy: async () => {
      await this.#act();
      this.copy = 'half';
      await this.#act();
      this.copy = this.isDiskBad ? 'other' : this.old;
      this.#inCopy = new Set(this.#inOld);
    },
    hashOf: async (which) => {
      this.asked.push(which);
      if (this.isSsdDying) this.isSsdDead = true;
      return (which === 'copy' ? this.copy : this.old) ?? '';
    },
    demandUnwritten: async () => {
      if (this.isOpen) throw new UvsError('NOT_ALLOWED_NOW', 'process 7 (tail)');
    },
    demandHidden: async () => {
      if (this.isSeenElsewhere) throw new UvsError('NOT_ALLOWED_NOW', 'process 7 (box)');
    },
    waitForWriters: async () => {
      if (this.isWrittenTo) this.old = `${this.old ?? ''}-`;
    },
    switchOn: async () => {
      await this.#act();
      this.isUnitThere = true;
      await this.#act();
      this.#reload();
      this.isMounted = true;
      if (this.isWrittenBelow) this.old = `${this.old ?? ''}-`;
    },
    isSwitchedOn: async () => this.isUnitThere,
    isMounted: async () => this.isMounted,
    hasCopy: async () => this.copy !== undefined,
    switchOff: async () => {
      if (this.isMountStuck) throw new UvsError('DISK_FAILED', 'the mount is busy');
      await this.#act();
      this.isTornOff ||= this.isMounted && this.isRunning;
      this.isMounted = false;
      await this.#act();
      this.isUnitThere = false;
      await this.#act();
      this.#reload();
    },
    removeOld: async () => {
      if (!this.isMounted) throw new UvsError('NOT_ALLOWED_NOW', 'not mounted');
      await this.#act();
      this.old = undefined;
      this.#inOld.clear();
    },
    removeCopy: async () => {
      await this.#act();
      this.copy = undefined;
      this.#inCopy.clear();
    },
    setCopyAside: async () => {
      if (this.isSsdDead) throw new UvsError('DISK_FAILED', 'EIO');
      if (this.copy === undefined) return undefined;
      await this.#act();
      this.aside.push(this.copy);
      for (const write of this.#inCopy) this.#setAside.add(write);
      this.copy = undefined;
      return '/m2/uvs/.undone/ceph-a';
    },
  };

  readonly memory = {
    read: async () => this.record,
    write: async (migration: Migration | undefined) => {
      await this.#act();
      this.#writes += 1;
      if (this.#writes >= this.fullFrom) throw new UvsError('NO_SPACE', 'the disk of the agent is full');
      this.record = migration;
    },
  };

  readonly print = (line: string): void => void this.said.push(line);
  readonly say = (): void => undefined;
  readonly mayDisturb = async (): Promise<void> => {
    this.asked.push('disturb');
    if (this.no !== undefined) throw this.no;
  };
}

/** Whether the service runs on what is whole, and nothing that it ever wrote is lost. */
export function isWhole(bed: MigrationBed): boolean {
  return bed.isRunning && !bed.isTornOff && bed.hasAllWrites && /^store\+*$/.test(bed.seen ?? '');
}
