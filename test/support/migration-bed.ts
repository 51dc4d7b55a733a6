import type { MigrationMachine } from '../../agent/m2/migration/ports.ts';
import type { Migration } from '../../agent/m2/migration/record.ts';
import { UvsError } from '../../common/errors.ts';

/** What a power cut leaves: nothing runs in the process any more. */
class Cut extends Error {}

/**
 * A machine in which a directory has a content, and a service adds to what it finds mounted, whenever it starts. It can be cut before each of its acts;
 * then it boots: mounts are what units say, and the service is started.
 */
export class MigrationBed {
  old: string | undefined = 'store';
  copy: string | undefined;
  isUnitThere = false;
  isMounted = false;
  isRunning = true;
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

  async #act(): Promise<void> {
    this.acts += 1;
    if (this.acts >= this.cutAt) await this.onCut();
  }

  get seen(): string | undefined {
    return this.isMounted ? this.copy : this.old;
  }

  #run(): void {
    this.isRunning = true;
    if (this.isMounted) this.copy = `${this.copy ?? '(none)'}+`;
    else this.old = `${this.old ?? '(none)'}+`;
  }

  /** After a cut. */
  boot(): void {
    this.cutAt = Number.POSITIVE_INFINITY;
    this.isMounted = this.isUnitThere;
    this.#run();
  }

  readonly machine: MigrationMachine = {
    demandMovable: async () => {
      if (this.refusal !== undefined) throw this.refusal;
    },
    demandServing: async () => {
      if (this.isSsdDead) throw new UvsError('NOT_ALLOWED_NOW', 'the SSD on /m2 does not work: EIO');
    },
    isRunning: async () => this.isRunning,
    stop: async (unit) => {
      await this.#act();
      this.stopped.push(unit);
      this.isRunning = false;
    },
    start: async (unit) => {
      await this.#act();
      if (this.isStartFailing || this.ill.has(unit)) throw new UvsError('SERVICE_FAILED', `${unit} does not start`);
      this.started.push(unit);
      if (!this.isRunning) this.#run();
    },
    keepsRunning: async () => !(this.isServiceBad && this.isMounted),
    copy: async () => {
      await this.#act();
      this.copy = 'half';
      await this.#act();
      this.copy = this.isDiskBad ? 'other' : this.old;
    },
    hashOf: async (which) => {
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
      this.isMounted = true;
      if (this.isWrittenBelow) this.old = `${this.old ?? ''}-`;
    },
    isSwitchedOn: async () => this.isUnitThere,
    switchOff: async () => {
      if (this.isMountStuck) throw new UvsError('DISK_FAILED', 'the mount is busy');
      await this.#act();
      this.isUnitThere = false;
      await this.#act();
      this.isMounted = false;
    },
    removeOld: async () => {
      if (!this.isMounted) throw new UvsError('NOT_ALLOWED_NOW', 'not mounted');
      await this.#act();
      this.old = undefined;
    },
    removeCopy: async () => {
      await this.#act();
      this.copy = undefined;
    },
    setCopyAside: async () => {
      if (this.isSsdDead) throw new UvsError('DISK_FAILED', 'EIO');
      if (this.copy === undefined) return undefined;
      await this.#act();
      this.aside.push(this.copy);
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
  readonly mayDisturb = async (): Promise<void> => undefined;
}

/** Whether all that the service has written is in what it sees: nothing of "store" and the "+" of its starts is lost or half. */
export function isWhole(bed: MigrationBed): boolean {
  return bed.isRunning && /^store\+*$/.test(bed.seen ?? '');
}
