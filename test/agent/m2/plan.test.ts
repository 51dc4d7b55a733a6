import * as v from 'valibot';
import { join } from 'node:path';
import t from 'tap';
import { placeAt } from '../../../agent/m2/disk-machine.ts';
import type { Contents } from '../../../agent/m2/blankness.ts';
import type { Disk } from '../../../agent/m2/disk.ts';
import { isInFstab, type AtMountPoint } from '../../../agent/m2/mount-point.ts';
import { describePlan, planM2, type Begun, type M2Word } from '../../../agent/m2/plan.ts';
import { m2PolicySchema } from '../../../agent/m2/policy.ts';
import { errorOf } from '../../support/failure.ts';
import { disk, emmc, MIB, part } from './disks.ts';

const policy = v.parse(m2PolicySchema, {});
const nothing: Contents = { signatures: [], probed: '', nonZeroAtBytes: [] };
const silent: M2Word = { isKept: false, isMisalignedTaken: false };
const begun: Begun = {
  serial: 'S1',
  sizeBytes: 512e9,
  tableUuid: 'cccccccc-0000-4000-8000-000000000000',
  partUuid: 'bbbbbbbb-0000-4000-8000-000000000000',
  uuid: 'aaaaaaaa-0000-4000-8000-000000000000',
  fileSystem: 'ext4',
  isDone: false,
};

interface Given {
  readonly word?: Partial<M2Word>;
  readonly contents?: Partial<Contents>;
  readonly begun?: Begun;
  readonly at?: Partial<AtMountPoint>;
}

async function plan(disks: readonly Disk[], given: Given = {}) {
  const contentsOf = async () => ({ ...nothing, ...given.contents });
  const place = { kind: 'directory', holds: undefined } as const;
  const atMountPoint = { mountedUuid: undefined, isInFstab: false, foreignUnits: [], place, ...given.at };
  const word = { ...silent, ...given.word };
  return await planM2({ disks, policy, mountPoint: '/m2', word, begun: given.begun, contentsOf, atMountPoint });
}

const refusal = async (...args: Parameters<typeof plan>) => await errorOf(plan(...args));

void t.test('on a disk that is proven blank a table and a file system are made, and it is shown before', async (t) => {
  const made = await plan([emmc, disk()]);
  t.match(made, { kind: 'make', startBytes: MIB, fileSystem: 'ext4', because: 'it is proven blank' });
  t.strictSame(describePlan(made, '/m2').slice(0, 3), [
    'Disk: nvme0n1 (Samsung SSD 980, serial S1, 512.0 GB); it is proven blank',
    '1. a partition table (GPT) with one partition from byte 1048576 to the end',
    '2. ext4 on it',
  ]);
});

void t.test('a signature of any kind is a refusal that names it', async (t) => {
  for (const [contents, text] of [
    [{ signatures: ['LVM2_member at 0x218'] }, 'has a signature: LVM2_member at 0x218'],
    [{ probed: 'TYPE=ceph_bluestore' }, 'has a signature: TYPE=ceph_bluestore'],
    [{ nonZeroAtBytes: [511e9] }, 'has data of an unknown kind: byte 511000000000 is not zero'],
  ] as const) {
    const error = await refusal([disk()], { contents });
    t.equal(error.reason, 'NOT_ALLOWED_NOW');
    t.equal(error.message, `nvme0n1 (Samsung SSD 980, serial S1, 512.0 GB) ${text}: nothing is made on a disk that is not blank`);
    t.match(error.hint, /--erase S1\.$/, 'what has no partition can not be kept');
  }
  t.match(await refusal([disk({ table: 'gpt', parts: [part()] })]), { message: /has partitions: nvme0n1p1 with ext4/, hint: /--keep\.$/ });
});

void t.test(
  'with its serial number typed in a disk is erased, with another one not, nor one that is mounted or has no serial number',
  async (t) => {
    const full = disk({ table: 'gpt', parts: [part({ fileSystem: 'xfs' })] });
    t.match(await plan([full], { word: { erase: 'S1' } }), { kind: 'make', because: /ALL THAT IS ON IT WILL BE LOST/ });
    t.match((await refusal([full], { word: { erase: 'S2' } })).message, /the serial number S2 is not that of nvme0n1/);
    t.equal((await refusal([disk({ serial: '' })], { word: { erase: '' } })).reason, 'CONFLICT');
    const mounted = disk({ parts: [part({ mountedOn: ['/m2'] })] });
    t.match((await refusal([mounted], { word: { erase: 'S1' } })).message, /is mounted on \/m2$/);
  },
);

void t.test('a serial number does not choose between two disks, nor one that does not fit', async (t) => {
  const second = disk({ name: 'nvme1n1', serial: 'S2' });
  t.equal((await refusal([disk(), second], { word: { erase: 'S2' } })).reason, 'CONFLICT');
  t.match((await refusal([emmc], { word: { erase: '0x1' } })).message, /mmcblk0 .*: it has the root file system/);
});

void t.test('a file system that is there is kept if the operator says so, and if it is the only one', async (t) => {
  const one = disk({ table: 'gpt', parts: [part({ fileSystem: 'xfs' })] });
  t.match(await plan([one], { word: { isKept: true } }), { kind: 'use', fileSystem: 'xfs', warning: '' });
  const two = disk({ parts: [part(), part({ name: 'nvme0n1p2' })] });
  t.match((await refusal([two], { word: { isKept: true } })).message, /it is not clear what to keep/);
  t.match((await refusal([disk()], { word: { isKept: true } })).message, /it is not clear what to keep/);
});

void t.test('a misaligned partition is refused with how far it is off, unless the operator takes it', async (t) => {
  const sectors = { logical: 512, physical: 4096, optimal: 0, offset: 0 };
  const off = disk({ sectors, parts: [part({ startBytes: 63 * 512 })] });
  t.match(
    (await refusal([off], { word: { isKept: true } })).message,
    /nvme0n1p1 .* begins at byte 32256, which is 3584 bytes off the disk's physical sector of 4096/,
  );
  t.match(await plan([off], { word: { isKept: true, isMisalignedTaken: true } }), { kind: 'use', warning: /3584 bytes off/ });
});

void t.test('what was begun here and cut is gone on with: with its table alone, a part of it, and its file system', async (t) => {
  const table = { signatures: ['gpt at 0x200', 'PMBR at 0x1fe'], nonZeroAtBytes: [450, 512e9 - 16_896] };
  const bare = part({ fileSystem: '', uuid: '' });
  const cut = disk({ table: 'gpt', tableUuid: begun.tableUuid, parts: [bare] });
  t.match(await plan([cut], { begun, contents: table }), { kind: 'make', because: /begun here/ });
  t.match(await plan([disk()], { begun, contents: { signatures: ['PMBR at 0x1fe'] } }), { kind: 'make' });
  t.match(await plan([disk({ table: 'gpt', parts: [part()] })], { begun }), { kind: 'use', because: 'it was begun here' });
});

void t.test('what somebody else has put on the disk meanwhile is not taken for what was begun', async (t) => {
  const bare = part({ fileSystem: '', uuid: '' });
  const others = [
    disk({ table: 'gpt', tableUuid: 'dddddddd-0000-4000-8000-000000000000', parts: [bare] }),
    disk({
      table: 'gpt',
      tableUuid: begun.tableUuid,
      parts: [bare, part({ name: 'nvme0n1p2', partUuid: 'other', fileSystem: '', uuid: '' })],
    }),
    disk({ table: 'gpt', tableUuid: begun.tableUuid, parts: [part({ uuid: 'eeeeeeee-0000-4000-8000-000000000000' })] }),
    disk({ fileSystem: 'ext4' }),
  ];
  for (const one of others)
    t.equal((await refusal([one], { begun, contents: { signatures: ['gpt at 0x200'] } })).reason, 'NOT_ALLOWED_NOW');
  const signatures = ['zfs_member at 0x3f000'];
  t.equal(
    (await refusal([disk()], { begun, contents: { signatures } })).reason,
    'NOT_ALLOWED_NOW',
    'nor what is known by a signature alone',
  );
  const cut = disk({ table: 'gpt', tableUuid: begun.tableUuid, parts: [bare] });
  const written = { signatures: ['gpt at 0x200'], nonZeroAtBytes: [450, 9 * MIB, 512e9 - 16_896] };
  t.equal(
    (await refusal([cut], { begun, contents: written })).reason,
    'NOT_ALLOWED_NOW',
    'nor data in the partition that nothing was made on yet',
  );
  t.match(await plan([cut], { begun: { ...begun, isMaking: true }, contents: written }), { kind: 'make' }, 'which may be of what was cut');
  const isDone = { ...begun, isDone: true };
  const table = { signatures: ['gpt at 0x200'] };
  const emptied = disk({ table: 'gpt', tableUuid: begun.tableUuid, parts: [bare] });
  t.equal(
    (await refusal([emptied], { begun: isDone, contents: table })).reason,
    'NOT_ALLOWED_NOW',
    'nor what was done, and lost its file system',
  );
});

void t.test('a disk that is set up is used again, also where a second one that fits has come', async (t) => {
  const ours = disk({ table: 'gpt', parts: [part({ mountedOn: ['/m2'] })] });
  t.match(await plan([disk({ name: 'nvme1n1', serial: 'S2' }), ours], { begun: { ...begun, isDone: true } }), {
    kind: 'use',
    because: 'it is set up already',
    disk: { serial: 'S1' },
  });
});

void t.test('where /m2 is mounted, or is to be by somebody else, nothing is made, and what is in the way is named', async (t) => {
  for (const [at, message] of [
    [{ mountedUuid: '' }, /^something without a UUID is mounted on \/m2: nothing is made$/],
    [{ mountedUuid: 'ABCD-1234' }, /^the file system with UUID ABCD-1234 is mounted on \/m2/],
    [{ isInFstab: true }, /^\/etc\/fstab names \/m2/],
    [{ place: { kind: 'other' } }, /^\/m2 is no directory: nothing is made/],
    [{ foreignUnits: ['/etc/systemd/system/m2.mount'] }, /^\/etc\/systemd\/system\/m2\.mount is not the agent's/],
  ] as const) {
    const full = disk({ table: 'gpt', parts: [part()] });
    for (const error of [
      await refusal([disk()], { at }),
      await refusal([full], { at, word: { erase: 'S1' } }),
      await refusal([full], { at, word: { isKept: true } }),
      await refusal([full], { at, begun: { ...begun, isDone: true } }),
    ])
      t.match(error, { reason: 'CONFLICT', message });
  }
  const ours = disk({ table: 'gpt', parts: [part({ mountedOn: ['/m2'] })] });
  t.match(await plan([ours], { at: { mountedUuid: part().uuid.toUpperCase() }, word: { isKept: true } }), { kind: 'use' });
});

void t.test('what is in the directory that the SSD would hide is named, unless the SSD is one that was set up before', async (t) => {
  const at = { place: { kind: 'directory', holds: 'backup' } } as const;
  for (const word of [{}, { erase: 'S1' }])
    t.match(await refusal([disk()], { at, word }), {
      reason: 'CONFLICT',
      message: '/m2 holds backup, which the SSD would hide: nothing is made',
    });
  const full = disk({ table: 'gpt', parts: [part()] });
  t.match(await plan([full], { at, begun: { ...begun, isDone: true } }), { kind: 'use' });
});

void t.test('a place where nothing is mounted is a directory or nothing, and anything else is neither', async (t) => {
  const place = t.testdir({ empty: {}, full: { b: '', a: '' }, file: '', link: t.fixture('symlink', 'empty') });
  t.strictSame(await placeAt(join(place, 'nowhere')), { kind: 'directory', holds: undefined });
  t.strictSame(await placeAt(join(place, 'empty')), { kind: 'directory', holds: undefined });
  t.strictSame(await placeAt(join(place, 'full')), { kind: 'directory', holds: 'a' });
  for (const name of ['file', 'link']) t.strictSame(await placeAt(join(place, name)), { kind: 'other' }, name);
});

void t.test('a line of fstab is known by where it mounts, however it is written', (t) => {
  for (const line of ['/dev/x /m2 ext4', ' LABEL=y\t/m2/\tauto noauto 0 0', 'tmpfs /\\155\\062 tmpfs'])
    t.ok(isInFstab(`# a comment\n${line}\n`, '/m2'), line);
  for (const line of ['', '#/dev/x /m2 ext4', '# /dev/x /m2', '/dev/x /m22 ext4', '/m2 /mnt none bind'])
    t.notOk(isInFstab(line, '/m2'), line);
  t.end();
});
