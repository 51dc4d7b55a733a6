import * as v from 'valibot';
import t from 'tap';
import type { Disk } from '../../../agent/m2/disk.ts';
import { chooseDisk, describeJudged, m2PolicySchema } from '../../../agent/m2/policy.ts';
import { disk, emmc, GIB, part } from './disks.ts';

const choose = (disks: readonly Disk[], policy: object = {}) => chooseDisk(disks, v.parse(m2PolicySchema, policy), '/m2');

/** What is said against one disk. */
function against(one: Disk, policy: object = {}): string {
  const choice = choose([one], policy);
  return choice.kind === 'one' ? '' : (choice.judged[0]?.against ?? '');
}

void t.test('the one NVMe disk that nothing speaks against is the SSD', (t) => {
  t.match(choose([emmc, disk()]), { kind: 'one', disk: { name: 'nvme0n1' } });
  t.end();
});

void t.test('between two disks that fit nobody guesses, and both are named', (t) => {
  const choice = choose([emmc, disk(), disk({ name: 'nvme1n1', serial: 'S2' })]);
  t.equal(choice.kind, 'several');
  t.strictSame(choice.kind === 'one' ? [] : describeJudged(choice.judged), [
    'mmcblk0 (BJTD4R, serial 0x1, 31.0 GB): it has the root file system',
    'nvme0n1 (Samsung SSD 980, serial S1, 512.0 GB): it fits',
    'nvme1n1 (Samsung SSD 980, serial S2, 512.0 GB): it fits',
  ]);
  t.match(choose([disk(), disk({ name: 'nvme1n1', serial: 'S2' })], { serial: 'S2' }), { kind: 'one', disk: { serial: 'S2' } });
  t.end();
});

void t.test('of every disk that is not the one it is said why', (t) => {
  t.equal(against(disk({ parts: [part({ mountedOn: ['/boot', '/'] })] })), 'it has the root file system');
  t.equal(against(disk({ parts: [part({ mountedOn: ['/srv'] })] })), 'it is in use, mounted on /srv');
  t.equal(against(disk({ parts: [part({ mountedOn: ['[SWAP]'] })] })), 'it is in use for swap');
  const volume = part({ name: 'dm-3', startBytes: undefined, fileSystem: 'ceph_bluestore' });
  t.equal(against(disk({ parts: [volume] })), 'it is in use: dm-3 is made of it (LVM, encryption or RAID)');
  t.equal(against(disk({ isReadOnly: true })), 'it can only be read');
  t.equal(against(disk({ transport: 'usb' })), 'its transport is usb, not nvme');
  t.equal(against(disk({ transport: '' })), 'its transport is not known, not nvme');
  t.equal(against(disk({ transport: 'usb' }), { transport: 'any' }), '');
  t.equal(against(disk({ isRotational: true })), 'it rotates');
  t.equal(against(disk({ isRemovable: true })), 'it is removable');
  t.equal(against(disk({ sizeBytes: 4 * GIB })), 'it has 4.3 GB, less than 8 GiB');
  t.equal(against(disk(), { maxSizeGib: 256 }), 'it has 512.0 GB, more than 256 GiB');
  t.equal(against(disk(), { serial: 'S9' }), 'its serial number is not S9');
  t.end();
});

void t.test('a name by id is the whole name, with * for any text and nothing else of a pattern', (t) => {
  t.equal(against(disk(), { byId: 'nvme-Samsung_*' }), '');
  t.equal(against(disk(), { byId: 'nvme-Samsung_SSD_980_S1' }), '');
  t.match(against(disk(), { byId: 'nvme-Samsung' }), /^it is not called nvme-Samsung/);
  t.match(against(disk(), { byId: 'nvme.Samsung.SSD.980.S1' }), /^it is not called/);
  t.end();
});

void t.test('the disk that is mounted on /m2 already is still the one, whatever is bound from it elsewhere', (t) => {
  t.equal(against(disk({ parts: [part({ mountedOn: ['/m2', '/var/log'] })] })), '');
  t.end();
});
