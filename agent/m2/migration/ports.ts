import type { MigrationMemory } from './record.ts';

/** What a migration needs of the machine. Each act may be run twice, and after a cut at any point of it. */
export interface MigrationMachine {
  /**
   * @param isBegun whether what is there of a copy is of this migration, and goes before the next one is made
   * @throws UvsError why a directory can't be brought to the SSD, which is told before anything is stopped
   */
  demandMovable(directory: string, units: readonly string[], isBegun: boolean): Promise<void>;
  /**
   * Asked before the old directory is removed: the copy is what is mounted there, in every mount namespace, the SSD takes and gives back what is written, and the units run.
   * @throws UvsError NOT_ALLOWED_NOW
   */
  demandServing(directory: string, units: readonly string[]): Promise<void>;
  isRunning(unit: string): Promise<boolean>;
  /** Whether nothing of it runs any more: one that is being stopped, or started, has not ended. */
  hasEnded(unit: string): Promise<boolean>;
  /** One that is not there, and of which nothing runs, is stopped. */
  stop(unit: string): Promise<void>;
  /** One that is not there is left out. */
  start(unit: string): Promise<void>;
  /** Whether it runs, and still does after a while, under the same process. */
  keepsRunning(unit: string): Promise<boolean>;
  /** Over what an earlier attempt has left; durable when it resolves. */
  copy(directory: string): Promise<void>;
  /**
   * One hash of everything in a tree: names, kinds, owners, modes, times, links, attributes, and content as the disk gives it. `old` is the directory
   * below the mount.
   */
  hashOf(which: 'directory' | 'copy' | 'old', directory: string): Promise<string>;
  /** Asked once the services are stopped. @throws UvsError NOT_ALLOWED_NOW where a process still writes below it, or may at any time */
  demandUnwritten(directory: string): Promise<void>;
  /** Asked once the copy is mounted. @throws UvsError NOT_ALLOWED_NOW where a process goes on with the old directory, in a mount namespace of its own */
  demandHidden(directory: string): Promise<void>;
  /** As long as what writes now and then may take until it does. */
  waitForWriters(): Promise<void>;
  /** Has the copy count from now on, also after a boot. The one step at which it begins to is the renaming of one file. */
  switchOn(directory: string, units: readonly string[]): Promise<void>;
  /** Whether the copy counts at the next boot. */
  isSwitchedOn(directory: string): Promise<boolean>;
  /** Whether the copy is what is mounted there now: systemd mounts it as well where it has not heard that it counts no more. */
  isMounted(directory: string): Promise<boolean>;
  /** Whether the SSD has a copy, whether or not it counts. @throws UvsError NOT_ALLOWED_NOW where none is mounted */
  hasCopy(directory: string): Promise<boolean>;
  /** Asked once the units are stopped. Where it fails the copy counts as before, or nobody has told systemd yet that it does not. */
  switchOff(directory: string, units: readonly string[]): Promise<void>;
  /** What is below the mount. */
  removeOld(directory: string): Promise<void>;
  /** One that never counted. */
  removeCopy(directory: string): Promise<void>;
  /** Keeps the copy under another name, for it may have what was written since. @returns its path; undefined where there is no copy */
  setCopyAside(directory: string): Promise<string | undefined>;
}

/** What it takes to bring directories to the SSD of a node. */
export interface Migrations {
  readonly machine: MigrationMachine;
  readonly memory: MigrationMemory;
}
