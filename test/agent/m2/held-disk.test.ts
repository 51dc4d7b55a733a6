import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { holdDisk } from '../../../agent/m2/held-disk.ts';
import { errorOf } from '../../support/failure.ts';
import { disk, MIB } from './disks.ts';

void t.test('a disk that is another one by now, or that somebody has written to, is not written over', async (t) => {
  const path = join(t.testdir(), 'image');
  writeFileSync(path, '');
  truncateSync(path, 4 * MIB);
  const judged = disk({ name: `..${path}` });
  await using _held = await holdDisk(judged, true, async () => [disk({ name: 'nvme1n1' }), judged]);
  for (const other of [{ serial: 'S2' }, { sizeBytes: 1 }, { sequence: '8' }, { name: 'nvme1n1' }]) {
    const error = await errorOf(holdDisk(judged, false, async () => [{ ...judged, ...other }]));
    t.match(error, { reason: 'CONFLICT', message: /is another disk by now: (?:there is none|\S+ \(.*\))$/ });
  }
  truncateSync(path, MIB - 1);
  writeFileSync(path, 'x', { flag: 'a' });
  const written = holdDisk(judged, true, async () => [judged]);
  t.match(await errorOf(written), { reason: 'CONFLICT', message: /was blank, and something was written to it since$/ });
  await using _erased = await holdDisk(judged, false, async () => [judged]);
});
