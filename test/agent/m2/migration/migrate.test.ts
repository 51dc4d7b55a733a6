import t from 'tap';
import { confirm } from '../../../../agent/m2/migration/confirm.ts';
import { migrate, undo } from '../../../../agent/m2/migration/migrate.ts';
import { UvsError } from '../../../../common/errors.ts';
import { errorOf } from '../../../support/failure.ts';
import { isWhole, MigrationBed as Bed } from '../../../support/migration-bed.ts';

const directory = '/var/lib/ceph/mon/ceph-a';
const unit = 'ceph-mon@a.service';
const wanted = { directory, units: [unit], reason: 'a test' };

// what a bed holds is compared by hasStrict: in a pattern of t.match 'store' would be met by 'store+' as well

void t.test(
  'a directory is copied while its service is stopped, proven, mounted, and the old one kept until it is confirmed',
  async (t) => {
    const bed = new Bed();
    await migrate(wanted, bed);
    t.hasStrict(bed, { old: 'store', copy: 'store+', isMounted: true, isRunning: true, record: { phase: 'unconfirmed' } });
    await confirm(bed);
    t.hasStrict(bed, { old: undefined, copy: 'store+', record: undefined });
  },
);

void t.test('a directory that is written to now and then by something else stays where it is', async (t) => {
  const bed = new Bed();
  bed.isWrittenTo = true;
  await t.rejects(migrate(wanted, bed), {
    reason: 'READBACK_MISMATCH',
    message: /is as before: the copy of .* is not what the directory is/,
  });
  t.hasStrict(bed, { old: 'store-+', copy: undefined, isMounted: false, isRunning: true, record: undefined });
});

void t.test('what a process has open there is found out before anything is copied, and the services run again', async (t) => {
  const bed = new Bed();
  bed.isOpen = true;
  await t.rejects(migrate(wanted, bed), { reason: 'NOT_ALLOWED_NOW', message: /is as before: process 7/ });
  t.hasStrict(bed, { old: 'store+', copy: undefined, isMounted: false, isRunning: true, record: undefined });
});

void t.test('what was written to the old directory while it was mounted over is not lost: it counts again', async (t) => {
  const bed = new Bed();
  bed.isWrittenBelow = true;
  await t.rejects(migrate(wanted, bed), {
    reason: 'READBACK_MISMATCH',
    message: /is as before: the old .*, below the mount, is not what was/,
  });
  t.hasStrict(bed, { old: 'store-+', copy: undefined, isMounted: false, isRunning: true, record: undefined });
});

void t.test(
  'what goes on with the old directory in a mount namespace of its own is found once the copy is mounted, and it counts again',
  async (t) => {
    const bed = new Bed();
    bed.isSeenElsewhere = true;
    await t.rejects(migrate(wanted, bed), { reason: 'NOT_ALLOWED_NOW', message: /is as before: process 7 \(box\)/ });
    t.hasStrict(bed, { old: 'store+', copy: undefined, isMounted: false, isRunning: true, record: undefined });
  },
);

void t.test('the same where a cut comes between, and the service was started on the old one', async (t) => {
  const bed = new Bed();
  await migrate(wanted, bed);
  bed.record = { ...wanted, units: [...wanted.units], phase: 'switching', copied: 'store' };
  bed.old = 'store++';
  t.match(await errorOf(migrate(wanted, bed)), { reason: 'READBACK_MISMATCH' });
  t.hasStrict(bed, { old: 'store+++', copy: undefined, isMounted: false, isRunning: true, record: undefined });
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
    t.hasStrict(bed, { old: undefined, isMounted: true, record: undefined });
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
    t.hasStrict(bed, { isMounted: false, isUnitThere: false, record: undefined });
  }
});

void t.test('where systemd does not hear that the mount is gone, whoever undoes again stops the service before it goes', async (t) => {
  for (const failingReloads of [1, 2, 3]) {
    const bed = new Bed();
    await migrate(wanted, bed);
    bed.failingReloads = failingReloads;
    t.match(await errorOf(undo(bed)), { message: /daemon-reload failed/ });
    t.ok(isWhole(bed), 'the service runs meanwhile');
    while (bed.record !== undefined) await undo(bed).catch(() => undefined);
    t.ok(isWhole(bed), `it sees ${bed.seen ?? 'nothing'}`);
    t.hasStrict(bed, { isMounted: false, isLoaded: false });
  }
});

void t.test('a service that does not end in time keeps its mount, and runs on where it ran', async (t) => {
  const bed = new Bed();
  await migrate(wanted, bed);
  // the unit is gone, and systemd, which does not know it, has mounted the copy again for the service
  bed.failingReloads = 2;
  await errorOf(undo(bed));
  t.hasStrict(bed, { isUnitThere: false, isMounted: true, isRunning: true });
  bed.isStopSlow = true;
  t.match(await errorOf(undo(bed)), { message: /has not answered within 300 s/ });
  t.hasStrict(bed, { isMounted: true, isTornOff: false });
  bed.isStopSlow = false;
  bed.isEnding = false;
  await undo(bed);
  t.ok(isWhole(bed), `it sees ${bed.seen ?? 'nothing'}`);
});

void t.test('a copy that never counted is no “what was written since”, wherever its putting back is interrupted', async (t) => {
  for (let killedAt = 1; ; killedAt += 1) {
    const bed = new Bed();
    bed.isDiskBad = true;
    bed.cutAt = killedAt;
    const error = await errorOf(migrate(wanted, bed));
    const isKilled = bed.acts >= killedAt;
    bed.cutAt = Number.POSITIVE_INFINITY;
    if (isKilled && bed.record?.phase === 'undoing') await undo(bed);
    else if (isKilled && bed.record !== undefined) await errorOf(migrate(wanted, bed));
    t.strictSame(bed.aside, [], `killed at act ${killedAt}: ${error.message}`);
    t.hasStrict(bed, { isMounted: false, isRunning: true }, `killed at act ${killedAt}`);
    if (!isKilled) break;
  }
});

void t.test('what was cut before its copy counted stops nothing where it can’t go on, and leaves no copy', async (t) => {
  const cut = new Bed();
  cut.copy = 'store';
  cut.record = { ...wanted, units: [...wanted.units], phase: 'switching', copied: 'store' };
  cut.refusal = new UvsError('NOT_ALLOWED_NOW', 'it takes 2 bytes, and /m2 has 1 free');
  t.match(await errorOf(migrate(wanted, cut)), { reason: 'NOT_ALLOWED_NOW', message: /is as before: it takes 2 bytes/ });
  t.strictSame([cut.stopped, cut.aside], [[], []]);
  t.hasStrict(cut, { copy: undefined, old: 'store', isRunning: true, record: undefined });
});

void t.test('a migration goes on where its own copy takes the room', async (t) => {
  const bed = new Bed();
  bed.isRoomForOne = true;
  bed.copy = 'store';
  bed.record = { ...wanted, units: [unit], phase: 'copying' };
  await migrate(wanted, bed);
  t.hasStrict(bed, { copy: 'store+', isMounted: true, record: { phase: 'unconfirmed' } });
});

void t.test('of a directory that was confirmed on an SSD which is another one now, that is said', async (t) => {
  const bed = new Bed();
  await migrate(wanted, bed);
  await confirm(bed);
  t.match(await errorOf(migrate(wanted, bed)), { reason: 'CONFLICT', message: `${directory} is on the SSD already` });
  bed.copy = undefined;
  const error = await errorOf(migrate(wanted, bed));
  t.match(error, { reason: 'CONFLICT', message: /is not on the one that is mounted now/, hint: /make the directory on it/ });
});

void t.test('a copy that is not what was copied is never mounted, and the service runs on the old one', async (t) => {
  const bed = new Bed();
  bed.isDiskBad = true;
  const error = await errorOf(migrate(wanted, bed));
  t.match(error, { reason: 'READBACK_MISMATCH', message: /was not brought to the SSD, and is as before: the copy of / });
  t.hasStrict(bed, { isUnitThere: false, isMounted: false, isRunning: true, record: undefined });
});

void t.test('a service that does not stay up on the SSD is put back at once', async (t) => {
  const bed = new Bed();
  bed.isServiceBad = true;
  const error = await errorOf(migrate(wanted, bed));
  t.match(error, { reason: 'SERVICE_FAILED', message: /ceph-mon@a\.service does not run with/ });
  t.hasStrict(bed, { isMounted: false, isRunning: true, old: 'store+', record: undefined });
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

void t.test(
  'whatever write of the record finds the disk of the agent full, the service runs with all it wrote, and goes on later',
  async (t) => {
    for (const [index, phase] of ['copying', 'switching', 'starting', 'unconfirmed'].entries()) {
      const bed = new Bed();
      bed.fullFrom = index + 1;
      t.match(await errorOf(migrate(wanted, bed)), { reason: 'NO_SPACE', message: /the disk of the agent is full$/ }, phase);
      t.ok(isWhole(bed), `${phase}: it sees ${bed.seen ?? 'nothing'}`);
      bed.fullFrom = Number.POSITIVE_INFINITY;
      const before = bed.seen ?? '';
      await migrate(wanted, bed);
      t.hasStrict(bed, { isMounted: true, record: { phase: 'unconfirmed' } }, phase);
      t.ok(isWhole(bed) && (bed.seen ?? '').startsWith(before), `${phase}: in the end it sees ${bed.seen ?? 'nothing'}`);
    }
  },
);

void t.test('an SSD that has failed keeps nobody from going back', async (t) => {
  const bed = new Bed();
  await migrate(wanted, bed);
  bed.isSsdDead = true;
  await undo(bed);
  t.hasStrict(bed, { old: 'store+', isMounted: false, isUnitThere: false, isRunning: true, record: undefined });
  t.match(bed.said.at(-1), /as it was before; what was written since is in the copy on the SSD, which can't be set aside: EIO/);
});

void t.test('where the mount does not come off the services run on the copy, which counts as before', async (t) => {
  const bed = new Bed();
  await migrate(wanted, bed);
  bed.isMountStuck = true;
  t.match(await errorOf(undo(bed)), { message: 'the mount is busy' });
  t.hasStrict(bed, { copy: 'store++', isMounted: true, isUnitThere: true, isRunning: true });
});

void t.test('a copy that an earlier undoing could not set aside is kept by the next migration', async (t) => {
  const bed = new Bed();
  bed.copy = 'store++';
  await migrate(wanted, bed);
  t.strictSame(bed.aside, ['store++']);
  t.hasStrict(bed, { copy: 'store+', isMounted: true });
});

void t.test('what was written to a copy that counted is set aside, and one that never counted is not', async (t) => {
  const bed = new Bed();
  await migrate(wanted, bed);
  await undo(bed);
  t.strictSame(bed.aside, ['store+']);
  const never = new Bed();
  never.isDiskBad = true;
  await errorOf(migrate(wanted, never));
  t.strictSame(never.aside, []);
  t.equal(never.copy, undefined);
});

void t.test('a migration that was put back while a service did not start is over with the next undo, which stops nothing', async (t) => {
  const units = ['ceph-osd@1.service', 'ceph-osd@2.service'];
  const bed = new Bed();
  bed.ill.add('ceph-osd@1.service');
  await errorOf(migrate({ ...wanted, units }, bed));
  t.match(bed.record, { phase: 'undoing' }, 'somebody is to look at it');
  bed.stopped.length = 0;
  t.match(await errorOf(undo(bed)), { message: 'ceph-osd@1.service does not start' });
  t.same([bed.stopped, bed.record], [[], undefined]);
  bed.ill.clear();
  await migrate({ ...wanted, units }, bed);
  t.match(bed.record, { phase: 'unconfirmed' });
});
