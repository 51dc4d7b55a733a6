import type { Disk, DiskPart } from '../../../agent/m2/disk.ts';

export const MIB = 1024 ** 2;
export const GIB = 1024 ** 3;

/** A blank NVMe disk of 512 GB, but for what is said otherwise. */
export function disk(different: Partial<Disk> = {}): Disk {
  return {
    name: 'nvme0n1',
    serial: 'S1',
    sequence: '7',
    model: 'Samsung SSD 980',
    sizeBytes: 512e9,
    transport: 'nvme',
    isRotational: false,
    isReadOnly: false,
    isRemovable: false,
    ids: ['nvme-Samsung_SSD_980_S1', 'nvme-eui.0025'],
    table: '',
    tableUuid: '',
    sectors: { logical: 512, physical: 512, optimal: 0, offset: 0 },
    parts: [],
    fileSystem: '',
    uuid: '',
    mountedOn: [],
    ...different,
  };
}

export function part(different: Partial<DiskPart> = {}): DiskPart {
  return {
    name: 'nvme0n1p1',
    sizeBytes: 511e9,
    startBytes: MIB,
    fileSystem: 'ext4',
    uuid: 'aaaaaaaa-0000-4000-8000-000000000000',
    partUuid: 'bbbbbbbb-0000-4000-8000-000000000000',
    mountedOn: [],
    ...different,
  };
}

export const emmc = disk({
  name: 'mmcblk0',
  serial: '0x1',
  model: 'BJTD4R',
  sizeBytes: 31e9,
  transport: 'mmc',
  parts: [part({ name: 'mmcblk0p2', mountedOn: ['/'] })],
});
