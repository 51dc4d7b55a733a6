import t from 'tap';
import { alignedStart, misalignment } from '../../../agent/m2/alignment.ts';
import { MIB } from './disks.ts';

const sectors = { logical: 512, physical: 4096, optimal: 0, offset: 0 };

void t.test('a partition is aligned to the physical sector and to the optimal unit', (t) => {
  t.equal(misalignment(MIB, sectors), '');
  t.match(misalignment(63 * 512, sectors), /physical sector of 4096/);
  t.match(misalignment(MIB, { ...sectors, optimal: 3 * MIB }), /1048576 bytes off the disk's optimal unit/);
  t.equal(misalignment(3 * MIB, { ...sectors, optimal: 3 * MIB }), '');
  t.equal(misalignment(63 * 512, { ...sectors, offset: 3584 }), '', 'a disk whose first sector is moved says so');
  t.end();
});

void t.test('an optimal unit that no disk has counts for nothing', (t) => {
  t.equal(misalignment(MIB, { ...sectors, optimal: 65_535 * 512 }), '');
  t.equal(alignedStart({ ...sectors, physical: 512, optimal: 65_535 * 512 }), MIB);
  t.end();
});

void t.test('a new partition begins where it is aligned', (t) => {
  for (const optimal of [0, 512, 128 * 1024, MIB, 3 * MIB, 16 * MIB]) {
    const start = alignedStart({ ...sectors, optimal });
    t.equal(misalignment(start, { ...sectors, optimal }), '', `optimal ${optimal}`);
    t.ok(start >= MIB);
  }
  t.end();
});
