import * as v from 'valibot';
import { UvsError } from '../../common/errors.ts';
import type { Disk, DiskPart } from './disk.ts';

/** lsblk(8) before 2.33 writes every value as text. */
const number = v.pipe(
  v.nullish(v.union([v.number(), v.string()]), 0),
  v.transform((value) => Number(value)),
  v.number(),
);
const flag = v.pipe(
  v.nullish(v.union([v.boolean(), v.string()]), false),
  v.transform((value) => value === true || value === '1'),
);
const text = v.pipe(
  v.nullish(v.string(), ''),
  v.transform((value) => value.trim()),
);
/** It goes into paths and into command lines. */
const name = v.pipe(v.string(), v.regex(/^[A-Za-z0-9][A-Za-z0-9._!-]{0,63}$/));

const fields = {
  kname: name,
  type: text,
  size: number,
  rota: flag,
  ro: flag,
  rm: flag,
  tran: text,
  serial: text,
  model: text,
  mountpoint: text,
  fstype: text,
  uuid: text,
  partuuid: text,
  pttype: text,
  ptuuid: text,
  'log-sec': number,
  'phy-sec': number,
  'opt-io': number,
  alignment: number,
};

type Device = v.InferOutput<v.ObjectSchema<typeof fields, undefined>> & { readonly children?: readonly Device[] | undefined };

const device: v.GenericSchema<unknown, Device> = v.object({ ...fields, children: v.optional(v.array(v.lazy(() => device))) });
const listing = v.object({ blockdevices: v.array(device) });

/** What is asked of lsblk(8), which lists partitions below their disks only where it is asked for NAME. */
export const LSBLK_ARGUMENTS = ['--json', '--bytes', '--output', ['name', ...Object.keys(fields)].join(',').toUpperCase()];

/** What lsblk(8) does not say, by the kernel's name of a disk or partition. */
export interface BesideLsblk {
  /** Where a partition begins, in bytes. */
  readonly starts: ReadonlyMap<string, number>;
  /** Names in /dev/disk/by-id. */
  readonly ids: ReadonlyMap<string, readonly string[]>;
  /** By /sys, for where there is no udev. */
  readonly serials: ReadonlyMap<string, string>;
  /** The kernel's numbers of disks, in their order of appearance. */
  readonly sequences: ReadonlyMap<string, string>;
  /** All places where something is mounted; lsblk(8) names one. */
  readonly mounts: ReadonlyMap<string, readonly string[]>;
}

/** Reads what lsblk(8) lists: disks, without those that are none (loops, memory, drives for discs). @throws UvsError INTERNAL where it is of another form */
export function parseLsblk(json: string, beside: BesideLsblk): readonly Disk[] {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), listing), json);
  if (!parsed.success) {
    throw new UvsError('INTERNAL', `what lsblk says of the disks can't be read: ${parsed.issues[0].message}`, {
      hint: 'Look at `lsblk --json --bytes` on the node; util-linux 2.36 or newer is needed.',
    });
  }
  const astray = parsed.output.blockdevices.find(({ type }) => type === 'part' || type === 'lvm' || type === 'crypt');
  // a disk whose partitions are not seen would look empty
  if (astray !== undefined) throw new UvsError('INTERNAL', `lsblk lists ${astray.kname} beside the disk that it is on, not below it`);
  return parsed.output.blockdevices
    .filter((one) => one.type === 'disk' && one.size > 0 && !/^(zram|ram|nbd)\d/.test(one.kname))
    .map(toDisk);

  function toDisk(one: Device): Disk {
    return {
      name: one.kname,
      serial: one.serial === '' ? (beside.serials.get(one.kname) ?? '') : one.serial,
      sequence: beside.sequences.get(one.kname) ?? '',
      model: one.model,
      sizeBytes: one.size,
      transport: one.tran === '' ? transportByName(one.kname) : one.tran,
      isRotational: one.rota,
      isReadOnly: one.ro,
      isRemovable: one.rm,
      ids: beside.ids.get(one.kname) ?? [],
      table: one.pttype,
      tableUuid: one.ptuuid,
      sectors: { logical: one['log-sec'], physical: one['phy-sec'], optimal: one['opt-io'], offset: one.alignment },
      parts: (one.children ?? []).flatMap(toParts),
      fileSystem: one.fstype,
      uuid: one.uuid,
      mountedOn: mountsOf(one),
    };
  }

  function toParts(one: Device): readonly DiskPart[] {
    const part = {
      name: one.kname,
      sizeBytes: one.size,
      startBytes: one.type === 'part' ? beside.starts.get(one.kname) : undefined,
      fileSystem: one.fstype,
      uuid: one.uuid,
      partUuid: one.partuuid,
      mountedOn: mountsOf(one),
    };
    return [part, ...(one.children ?? []).flatMap(toParts)];
  }

  function mountsOf({ kname, mountpoint }: Device): readonly string[] {
    return [...new Set([...(beside.mounts.get(kname) ?? []), ...(mountpoint === '' ? [] : [mountpoint])])];
  }
}

/** lsblk(8) knows some by udev alone. */
function transportByName(kname: string): string {
  if (kname.startsWith('nvme')) return 'nvme';
  return kname.startsWith('mmcblk') ? 'mmc' : '';
}
