import { UvsError } from '../../common/errors.ts';
import { alignedStart, misalignment } from './alignment.ts';
import { notBlank, type Contents } from './blankness.ts';
import { describeDisk, gigabytes, type Disk, type DiskPart } from './disk.ts';
import { demandFree, type AtMountPoint } from './mount-point.ts';
import { chooseDisk, describeJudged, type FileSystem, type M2Policy } from './policy.ts';

const MIB = 1024 ** 2;

/** What the operator says with the command. */
export interface M2Word {
  /** Serial number of the disk whose content may be lost. */
  readonly erase?: string;
  /** Whether the file system that is on the disk is to be used as it is. */
  readonly isKept: boolean;
  /** Whether a partition that is misaligned is taken all the same. */
  readonly isMisalignedTaken: boolean;
}

/** What was begun here and may have been cut: written before the disk is touched. */
export interface Begun {
  readonly serial: string;
  readonly sizeBytes: number;
  readonly tableUuid: string;
  readonly partUuid: string;
  readonly uuid: string;
  readonly fileSystem: FileSystem;
  /** Whether the partition was there, and a file system was to be made on it next; until then it is blank. */
  readonly isMaking?: boolean | undefined;
  /** Also the mount unit is there, and the file system was mounted once. */
  readonly isDone: boolean;
}

/** What will be done. `make` begins anew at what a cut has left; `use` changes nothing on the disk. */
export type M2Plan =
  | {
      readonly kind: 'make';
      readonly disk: Disk;
      readonly startBytes: number;
      readonly fileSystem: FileSystem;
      readonly because: string;
      /** Whether it is made because nothing is on the disk. */
      readonly isBlank: boolean;
    }
  | {
      readonly kind: 'use';
      readonly disk: Disk;
      readonly part: DiskPart;
      readonly fileSystem: FileSystem;
      readonly because: string;
      readonly warning: string;
    };

interface Situation {
  readonly disks: readonly Disk[];
  readonly policy: M2Policy;
  readonly mountPoint: string;
  readonly word: M2Word;
  readonly begun: Begun | undefined;
  readonly contentsOf: (disk: Disk) => Promise<Contents>;
  readonly atMountPoint: AtMountPoint;
}

/** Decides what is to be done for /m2. @throws UvsError NOT_FOUND, CONFLICT, NOT_ALLOWED_NOW; each names the disks, or what is in the way */
export async function planM2(situation: Situation): Promise<M2Plan> {
  const plan = await planDisk(situation);
  demandFree(situation.mountPoint, plan, situation.atMountPoint);
  return plan;
}

async function planDisk(situation: Situation): Promise<M2Plan> {
  const { word, begun, disks } = situation;
  // a disk that is ours is known by what we gave it, whatever disks have come since
  const ours = begun === undefined ? undefined : disks.find((disk) => disk.serial === begun.serial && disk.sizeBytes === begun.sizeBytes);
  if (begun !== undefined && ours !== undefined) {
    const again = ofBegun(ours, begun, word);
    if (again !== undefined) return again;
  }
  const disk = chosen(situation);
  if (word.erase !== undefined) return byWord(disk, word.erase, situation);
  if (word.isKept) return kept(disk, word);
  const contents = await situation.contentsOf(disk);
  const why = notBlank(disk, contents);
  if (why === '') return made(disk, situation.policy.fileSystem, 'it is proven blank', true);
  const torn = begun !== undefined && !begun.isDone && ours === disk && isTorn(disk, begun, contents);
  if (torn) return made(disk, begun.fileSystem, 'what is on it was begun here, and cut');
  const erase = `If all that is on it may be lost, say so with its serial number: --erase ${disk.serial === '' ? 'SERIAL' : disk.serial}.`;
  throw new UvsError('NOT_ALLOWED_NOW', `${describeDisk(disk)} ${why}: nothing is made on a disk that is not blank`, {
    // without a partition nothing can be kept as it is
    hint: disk.parts.length === 0 ? erase : `${erase} To mount the file system that is on it: --keep.`,
    details: { disk: disk.name, serial: disk.serial },
  });
}

/** Lines that show it before it is done. */
export function describePlan(plan: M2Plan, mountPoint: string): readonly string[] {
  const { disk, because } = plan;
  if (plan.kind === 'make') {
    return [
      `Disk: ${describeDisk(disk)}; ${because}`,
      `1. a partition table (GPT) with one partition from byte ${plan.startBytes} to the end`,
      `2. ${plan.fileSystem} on it`,
      `3. a mount unit for ${mountPoint} by the file system's UUID, which no boot waits for longer than ten seconds, and a weekly fstrim`,
    ];
  }
  return [
    `Disk: ${describeDisk(disk)}; ${because}`,
    `1. ${plan.part.name} (${plan.fileSystem}, ${gigabytes(plan.part.sizeBytes)}, UUID ${plan.part.uuid}) stays as it is`,
    `2. a mount unit for ${mountPoint} by the file system's UUID, which no boot waits for longer than ten seconds, and a weekly fstrim`,
    ...(plan.warning === '' ? [] : [`Note: ${plan.warning}`]),
  ];
}

function chosen({ disks, policy, mountPoint }: Situation): Disk {
  const choice = chooseDisk(disks, policy, mountPoint);
  switch (choice.kind) {
    case 'one':
      return choice.disk;
    case 'none':
      throw new UvsError('NOT_FOUND', `no disk of this node is the M.2 SSD that is asked for: ${listed(describeJudged(choice.judged))}`, {
        hint: 'Is it plugged in, and does lsblk show it? What is asked for is in [m2] of /etc/uvs/agent.toml.',
      });
    case 'several':
      throw new UvsError(
        'CONFLICT',
        `more than one disk may be the M.2 SSD, and none is guessed: ${listed(describeJudged(choice.judged))}`,
        {
          hint: 'Name the one in [m2] of /etc/uvs/agent.toml: serial = "…", or byId = "…".',
        },
      );
    default:
      choice satisfies never;
      throw new UvsError('INTERNAL', 'a choice of an unknown kind');
  }
}

function listed(lines: readonly string[]): string {
  return lines.length === 0 ? 'there is none' : lines.join('; ');
}

function made(disk: Disk, fileSystem: FileSystem, because: string, isBlank = false): M2Plan {
  return { kind: 'make', disk, startBytes: alignedStart(disk.sectors), fileSystem, because, isBlank };
}

/** By its serial number a disk is erased, whatever is on it, but never one that is in use. */
function byWord(disk: Disk, serial: string, { policy, mountPoint }: Situation): M2Plan {
  if (disk.serial === '' || disk.serial !== serial) {
    throw new UvsError('CONFLICT', `the serial number ${serial} is not that of ${describeDisk(disk)}, the disk that would be erased`, {
      hint: 'Type the serial number that `uvs-agent m2 show` tells. A disk without one is erased by hand: wipefs --all, blkdiscard.',
    });
  }
  if ([...disk.mountedOn, ...disk.parts.flatMap(({ mountedOn }) => mountedOn)].includes(mountPoint)) {
    throw new UvsError('NOT_ALLOWED_NOW', `${describeDisk(disk)} is mounted on ${mountPoint}`, {
      hint: `Stop what uses it and unmount it: umount ${mountPoint}.`,
    });
  }
  return made(disk, policy.fileSystem, `its serial number was typed in: ALL THAT IS ON IT WILL BE LOST`);
}

function kept(disk: Disk, word: M2Word): M2Plan {
  const [part, second] = disk.parts.filter(({ fileSystem }) => fileSystem === 'ext4' || fileSystem === 'xfs');
  if (part === undefined || second !== undefined || part.uuid === '') {
    throw new UvsError(
      'NOT_ALLOWED_NOW',
      `${describeDisk(disk)} has no partition, or more than one, with ext4 or xfs and a UUID: it is not clear what to keep`,
      {
        hint: 'See `lsblk --fs`. One partition with one file system can be kept.',
      },
    );
  }
  return used(disk, part, word, 'the file system that is on it is kept');
}

function used(disk: Disk, part: DiskPart, word: M2Word, because: string): M2Plan {
  const off = part.startBytes === undefined ? '' : misalignment(part.startBytes, disk.sectors);
  if (off !== '' && !word.isMisalignedTaken) {
    throw new UvsError('NOT_ALLOWED_NOW', `${part.name} of ${describeDisk(disk)} ${off}`, {
      hint:
        disk.serial === ''
          ? 'Take it as it is with --misaligned. A disk without a serial number is made blank by hand: wipefs --all, blkdiscard.'
          : `Make it anew (--erase ${disk.serial}), or take it as it is with --misaligned.`,
    });
  }
  const fileSystem = part.fileSystem === 'xfs' ? 'xfs' : 'ext4';
  return { kind: 'use', disk, part, fileSystem, because, warning: off === '' ? '' : `${part.name} ${off}` };
}

/** What was made here once is used again, and never made anew without a word. */
function ofBegun(disk: Disk, begun: Begun, word: M2Word): M2Plan | undefined {
  if (word.erase !== undefined) return undefined;
  const part = disk.parts.find(({ uuid }) => uuid !== '' && uuid === begun.uuid);
  return part === undefined ? undefined : used(disk, part, word, begun.isDone ? 'it is set up already' : 'it was begun here');
}

/**
 * Nothing but the table, or a part of it, that was written here: no file system, no partition of anybody else's, and no data, but for what a file system
 * that was being made may have left.
 */
function isTorn(disk: Disk, begun: Begun, { signatures, nonZeroAtBytes }: Contents): boolean {
  const isOfTable = (byte: number): boolean => byte < MIB || byte >= disk.sizeBytes - MIB;
  const isOurTable = disk.tableUuid === '' || disk.tableUuid.toLowerCase() === begun.tableUuid;
  const hasOursAlone = disk.parts.every(({ partUuid, fileSystem }) => fileSystem === '' && partUuid.toLowerCase() === begun.partUuid);
  const hasTableAlone = signatures.every((signature) => /^(gpt|PMBR) /.test(signature));
  const hasNoData = begun.isMaking === true || nonZeroAtBytes.every(isOfTable);
  return disk.fileSystem === '' && isOurTable && hasOursAlone && hasTableAlone && hasNoData;
}
