import type { Contents } from './blankness.ts';
import type { Disk } from './disk.ts';
import type { AtMountPoint } from './mount-point.ts';
import type { Begun } from './plan.ts';
import type { FileSystem } from './policy.ts';
import type { Stored } from '../stored.ts';
import type { UnitFile } from './units.ts';

/** What /m2 needs of the machine. Each act may be run twice. */
export interface M2Machine {
  disks(): Promise<readonly Disk[]>;
  contentsOf(disk: Disk): Promise<Contents>;
  atMountPoint(mountPoint: string): Promise<AtMountPoint>;
  /** Keeps the name of a disk for it until it is written. @param isBlank whether it has to be blank still @throws UvsError CONFLICT where it is another disk by now */
  hold(disk: Disk, isBlank: boolean): Promise<AsyncDisposable>;
  /** Writes a partition table with one partition to the end, both with the UUIDs given, and has the kernel read it. @returns the partition's device */
  partition(disk: Disk, startBytes: number, begun: Begun): Promise<string>;
  makeFileSystem(device: string, fileSystem: FileSystem, uuid: string): Promise<void>;
  /** Writes the units, in their order, has systemd read them, and starts and enables what has an [Install] section. @throws UvsError CONFLICT where one is not the agent's */
  enableUnits(units: readonly UnitFile[]): Promise<void>;
  /** UUID of what is mounted there; undefined: nothing is. */
  mountedUuid(mountPoint: string): Promise<string | undefined>;
}

/** Where it is remembered what was begun. */
export type M2Memory = Stored<Begun>;
