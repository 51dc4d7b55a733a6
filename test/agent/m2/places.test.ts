import t from 'tap';
import { placesToRead, usualBegins } from '../../../agent/m2/places.ts';
import { disk, GIB, MIB } from './disks.ts';

const { sectors } = disk();

void t.test('a disk of any size is read at both ends, at many places between, and in seconds', (t) => {
  for (const bytes of [64 * MIB, 100 * MIB + 512, 8 * GIB, 256 * GIB, 512e9, 8e12]) {
    const places = placesToRead(bytes);
    t.ok(
      places.every(({ atBytes, bytes: length }) => length > 0 && atBytes >= 0 && atBytes + length <= bytes),
      'all are on it',
    );
    t.equal(Math.max(...places.map(({ atBytes, bytes: length }) => atBytes + length)), bytes);
    t.ok(places.length < 13_000, `${bytes}: ${places.length}`);
    t.ok(places.reduce((sum, { bytes: length }) => sum + length, 0) < 512 * MIB);
  }
  t.end();
});

void t.test('among them are the groups of an ext4 at the first MiB that have a copy of its super block', (t) => {
  for (const bytes of [256 * GIB, 8e12]) {
    const read = new Set(placesToRead(bytes).map(({ atBytes }) => atBytes));
    for (const group of [0, 1, 3, 5, 7, 9, 25, 27, 49]) t.ok(read.has(MIB + group * 128 * MIB), `${bytes}: ${group}`);
  }
  t.end();
});

void t.test('partitions mostly begin at the second track, at the first MiB, or where the disk wants it', (t) => {
  const begins = usualBegins(256 * GIB, { ...sectors, optimal: 3 * MIB });
  for (const at of [63 * 512, MIB, 2 * MIB, 3 * MIB, 4 * MIB, 513 * MIB]) t.ok(begins.includes(at), String(at));
  t.notOk(usualBegins(4 * MIB, sectors).some((at) => at >= 4 * MIB));
  t.end();
});
