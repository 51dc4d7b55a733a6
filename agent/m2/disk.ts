/** A partition, or what else is a part of a disk. */
export interface DiskPart {
  /** As the kernel calls it: "nvme0n1p1". */
  readonly name: string;
  readonly sizeBytes: number;
  /** Where on the disk it begins; undefined: it is no partition of a table (LVM, dm-crypt, RAID), or can't be told. */
  readonly startBytes: number | undefined;
  /** Of the file system, or of what else is known to be there; '': nothing is. */
  readonly fileSystem: string;
  readonly uuid: string;
  /** Of the entry in the partition table. */
  readonly partUuid: string;
  readonly mountedOn: readonly string[];
}

/** A disk of the machine, with all that is on it. */
export interface Disk {
  /** As the kernel calls it, which may be another at the next boot: "nvme0n1". */
  readonly name: string;
  readonly serial: string;
  /** Number that the kernel gives to each disk that appears, whatever its name; '': it gives none (before Linux 5.15). */
  readonly sequence: string;
  readonly model: string;
  readonly sizeBytes: number;
  /** "nvme", "sata", "usb", "mmc"; '' where the kernel does not say. */
  readonly transport: string;
  readonly isRotational: boolean;
  readonly isReadOnly: boolean;
  readonly isRemovable: boolean;
  /** Its names in /dev/disk/by-id. */
  readonly ids: readonly string[];
  /** Of the partition table: "gpt", "dos"; '': none. */
  readonly table: string;
  readonly tableUuid: string;
  readonly sectors: SectorSizes;
  /** Also what is stacked on a partition: volumes, encrypted ones, members of a RAID. */
  readonly parts: readonly DiskPart[];
  readonly fileSystem: string;
  readonly uuid: string;
  readonly mountedOn: readonly string[];
}

/** What a disk says of its units, in bytes. */
export interface SectorSizes {
  readonly logical: number;
  readonly physical: number;
  /** 0: it does not say. */
  readonly optimal: number;
  /** How far its first physical sector is from its first logical one. */
  readonly offset: number;
}

/** "nvme0n1 (Samsung SSD 980, serial S64, 512.1 GB)", as a person finds it again in the case and in `lsblk`. */
export function describeDisk({ name, model, serial, sizeBytes }: Pick<Disk, 'name' | 'model' | 'serial' | 'sizeBytes'>): string {
  const what = [model, serial === '' ? 'no serial number' : `serial ${serial}`, gigabytes(sizeBytes)];
  return `${name} (${what.filter((part) => part !== '').join(', ')})`;
}

/** Decimal, as disks are sold. */
export function gigabytes(bytes: number): string {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
