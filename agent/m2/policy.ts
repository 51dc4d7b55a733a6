import * as v from 'valibot';
import { describeDisk, gigabytes, type Disk } from './disk.ts';

const GIB = 1024 ** 3;

/** Which disk of a node is its M.2 SSD; what is left out says nothing, but that it is an NVMe one. */
export const m2PolicySchema = v.strictObject({
  /** "nvme", "sata", … as lsblk(8) has it under TRAN; "any" for all. */
  transport: v.optional(v.pipe(v.string(), v.regex(/^[a-z0-9]{1,16}$/, 'must be a word such as "nvme", "sata" or "any"')), 'nvme'),
  minSizeGib: v.optional(v.pipe(v.number(), v.minValue(0)), 8),
  maxSizeGib: v.optional(v.pipe(v.number(), v.minValue(0))),
  /** One of its names in /dev/disk/by-id; `*` stands for any text. */
  byId: v.optional(v.pipe(v.string(), v.regex(/^[^/\s]{1,200}$/, 'must be a name in /dev/disk/by-id, without the folder'))),
  serial: v.optional(v.pipe(v.string(), v.regex(/^\S{1,64}$/, 'must be a serial number'))),
  fileSystem: v.optional(v.picklist(['ext4', 'xfs']), 'ext4'),
});

export type M2Policy = Readonly<v.InferOutput<typeof m2PolicySchema>>;
export type FileSystem = M2Policy['fileSystem'];

/** What the policy comes to: one disk, or why not, with every disk of the machine and what speaks against it ('': nothing). */
export type Choice =
  | { readonly kind: 'one'; readonly disk: Disk; readonly others: readonly Judged[] }
  | { readonly kind: 'none' | 'several'; readonly judged: readonly Judged[] };

export interface Judged {
  readonly disk: Disk;
  readonly against: string;
}

/** Finds the one disk that the policy means. Between two that fit nobody guesses. */
export function chooseDisk(disks: readonly Disk[], policy: M2Policy, mountPoint: string): Choice {
  const judged = disks.map((disk) => ({ disk, against: against(disk, policy, mountPoint) }));
  const [fits, second] = judged.filter((one) => one.against === '');
  if (fits === undefined) return { kind: 'none', judged };
  return second === undefined
    ? { kind: 'one', disk: fits.disk, others: judged.filter((one) => one !== fits) }
    : { kind: 'several', judged };
}

/** One line for each disk, for a person who has to decide. */
export function describeJudged(judged: readonly Judged[]): readonly string[] {
  return judged.map(({ disk, against: why }) => `${describeDisk(disk)}: ${why === '' ? 'it fits' : why}`);
}

/** What speaks against a disk, the gravest first; '': nothing. */
function against(disk: Disk, policy: M2Policy, mountPoint: string): string {
  const mounts = [...disk.mountedOn, ...disk.parts.flatMap(({ mountedOn }) => mountedOn)];
  if (mounts.includes('/')) return 'it has the root file system';
  const elsewhere = mounts.find((place) => place !== mountPoint);
  const isBound = mounts.includes(mountPoint);
  if (elsewhere !== undefined && !isBound)
    return elsewhere === '[SWAP]' ? 'it is in use for swap' : `it is in use, mounted on ${elsewhere}`;
  const stacked = disk.parts.find(({ startBytes, name }) => startBytes === undefined && !name.startsWith(disk.name));
  if (stacked !== undefined) return `it is in use: ${stacked.name} is made of it (LVM, encryption or RAID)`;
  if (disk.isReadOnly) return 'it can only be read';
  if (policy.transport !== 'any' && disk.transport !== policy.transport) {
    return `its transport is ${disk.transport === '' ? 'not known' : disk.transport}, not ${policy.transport}`;
  }
  if (disk.isRotational) return 'it rotates';
  if (disk.isRemovable) return 'it is removable';
  const gib = disk.sizeBytes / GIB;
  if (gib < policy.minSizeGib) return `it has ${gigabytes(disk.sizeBytes)}, less than ${policy.minSizeGib} GiB`;
  if (policy.maxSizeGib !== undefined && gib > policy.maxSizeGib) {
    return `it has ${gigabytes(disk.sizeBytes)}, more than ${policy.maxSizeGib} GiB`;
  }
  if (policy.serial !== undefined && disk.serial !== policy.serial) return `its serial number is not ${policy.serial}`;
  const { byId } = policy;
  if (byId !== undefined && !disk.ids.some((id) => isNamed(byId, id))) return `it is not called ${byId} in /dev/disk/by-id`;
  return '';
}

function isNamed(pattern: string, id: string): boolean {
  const source = pattern
    .split('*')
    .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('.*');
  return new RegExp(`^${source}$`).test(id);
}
