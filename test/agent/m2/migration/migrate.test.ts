import t from 'tap';
import { confirm, migrate, undo } from '../../../../agent/m2/migration/migrate.ts';
import { errorOf } from '../../../support/failure.ts';
import { isWhole, MigrationBed as Bed } from '../../../support/migration-bed.ts';

const directory = '/var/lib/ceph/mon/ceph-a';
const unit = 'ceph-mon@a.service';
const wanted = { directory, units: [unit], reason: 'a test' };

void t.test(
  'a directory is copied while its service is stopped, proven, mounted, and the old one kept until it is confirmed',
  async (t) => {
    const bed = new Bed();
    await migrate(wanted, bed);
    t.match(bed, { old: 'store', copy: 'store+', isMounted: true, isRunning: true, record: { phase: 'unconfirmed' } });
    await confirm(bed);
    t.match(bed, { old: undefined, copy: 'store+', record: undefined });
  },
);

void t.test('a directory that is written to now and then by something else stays where it is', async (t) => {
  const bed = new Bed();
  bed.isWrittenTo = true;
  await t.rejects(migrate(wanted, bed), {
    reason: 'READBACK_MISMATCH',
    message: /is as before: the copy of .* is not what the directory is/,
  });
  t.match(bed, { old: /^store-/, copy: undefined, isMounted: false, isRunning: true, record: undefined });
});

void t.test('what a process has open there is found out before anything is copied, and the services run again', async (t) => {
  const bed = new Bed();
  bed.isOpen = true;
  await t.rejects(migrate(wanted, bed), { reason: 'NOT_ALLOWED_NOW', message: /is as before: process 7/ });
  t.match(bed, { old: 'store+', copy: undefined, isMounted: false, isRunning: true, record: undefined });
});

void t.test('what was written to the old directory while it was mounted over is not lost: it counts again', async (t) => {
  const bed = new Bed();
  bed.isWrittenBelow = true;
  await t.rejects(migrate(wanted, bed), {
    reason: 'READBACK_MISMATCH',
    message: /is as before: the old .*, below the mount, is not what was/,
  });
  t.match(bed, { old: 'store-+', copy: undefined, isMounted: false, isRunning: true, record: undefined });
});

void t.test('the same where a cut comes between, and the service was started on the old one', async (t) => {
  const bed = new Bed();
  await migrate(wanted, bed);
  bed.record = { ...wanted, units: [...wanted.units], phase: 'switching', copied: 'store' };
  bed.old = 'store++';
  t.match(await errorOf(migrate(wanted, bed)), { reason: 'READBACK_MISMATCH' });
  t.match(bed, { old: 'store+++', copy: undefined, isMounted: false, isRunning: true, record: undefined });
});

void t.test('cut before every act of a migration, the node boots with a whole store, and the same command ends well', async (t) => {
  const whole = new Bed();
  await migrate(wanted, whole);
  await confirm(whole);
  for (let cutAt = 1; cutAt <= whole.acts; cutAt += 1) {
    const bed = new Bed();
    bed.cutAt = cutAt;
    const run = async () => {
      await migrate(wanted, bed);
      await confirm(bed);
    };
    await t.rejects(run(), `cut ${cutAt}`);
    bed.boot();
    t.ok(isWhole(bed), `cut ${cutAt}: at boot it sees ${bed.seen ?? 'nothing'}`);
    const before = bed.seen ?? '';
    if (bed.record?.phase === 'removing' || (bed.record === undefined && bed.isUnitThere)) {
      if (bed.record !== undefined) await confirm(bed);
    } else await run();
    t.ok(isWhole(bed), `cut ${cutAt}: in the end it sees ${bed.seen ?? 'nothing'}`);
    t.ok((bed.seen ?? '').startsWith(before), `cut ${cutAt}: what was written after the boot is there`);
    t.match(bed, { old: undefined, isMounted: true, record: undefined });
  }
});

void t.test('cut before every act of an undoing, the node boots with a whole store, and undoing again ends it', async (t) => {
  for (let cutAt = 1; ; cutAt += 1) {
    const bed = new Bed();
    await migrate(wanted, bed);
    bed.cutAt = bed.acts + cutAt;
    try {
      await undo(bed);
      break;
    } catch {
      bed.boot();
    }
    t.ok(isWhole(bed), `cut ${cutAt}: at boot it sees ${bed.seen ?? 'nothing'}`);
    if (bed.record !== undefined) await undo(bed);
    t.ok(isWhole(bed));
    t.match(bed, { isMounted: false, isUnitThere: false, record: undefined });
  }
});

void t.test('a copy that is not what was copied is never mounted, and the service runs on the old one', async (t) => {
  const bed = new Bed();
  bed.isDiskBad = true;
  const error = await errorOf(migrate(wanted, bed));
  t.match(error, { reason: 'READBACK_MISMATCH', message: /was not brought to the SSD, and is as before: the copy of / });
  t.match(bed, { isUnitThere: false, isMounted: false, isRunning: true, record: undefined });
});

void t.test('a service that does not stay up on the SSD is put back at once', async (t) => {
  const bed = new Bed();
  bed.isServiceBad = true;
  const error = await errorOf(migrate(wanted, bed));
  t.match(error, { reason: 'SERVICE_FAILED', message: /ceph-mon@a\.service does not run with/ });
  t.match(bed, { isMounted: false, isRunning: true, old: 'store+', record: undefined });
});

void t.test('a second directory waits until the first is confirmed or undone', async (t) => {
  const bed = new Bed();
  await migrate(wanted, bed);
  const other = { directory: '/var/log', units: [], reason: 'a test' };
  t.match(await errorOf(migrate(other, bed)), {
    reason: 'CONFLICT',
    message: /the migration of \/var\/lib\/ceph\/mon\/ceph-a .* at "unconfirmed"/,
  });
  await migrate(wanted, bed);
  t.match(bed.said.at(-1), /waits to be confirmed/);
  t.match(await errorOf(confirm(new Bed())), { reason: 'NOT_FOUND' });
});

void t.test('once the old directory is being removed there is no way back', async (t) => {
  const bed = new Bed();
  await migrate(wanted, bed);
  bed.record = { ...wanted, units: [...wanted.units], phase: 'removing' };
  t.match(await errorOf(undo(bed)), { reason: 'NO_WAY_BACK' });
});
