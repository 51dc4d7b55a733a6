import t from 'tap';
import { confirm } from '../../../../agent/m2/migration/confirm.ts';
import { migrate, undo } from '../../../../agent/m2/migration/migrate.ts';
import { describeMigration } from '../../../../agent/m2/migration/record.ts';
import { serveInterrupted } from '../../../../agent/m2/migration/serve-interrupted.ts';
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

void t.test('an undoing is killed before any act of it: the service serves, and undoing again takes no mount off below it', async (t) => {
  const log = { warn: () => undefined, error: () => void t.fail('an error') };
  for (let killedAt = 1; ; killedAt += 1) {
    const bed = new Bed();
    await migrate(wanted, bed);
    bed.cutAt = bed.acts + killedAt;
    try {
      await undo(bed);
      break;
    } catch {
      bed.cutAt = Number.POSITIVE_INFINITY;
    }
    await serveInterrupted(bed, log);
    t.ok(isWhole(bed), `killed at act ${killedAt}: it sees ${bed.seen ?? 'nothing'}`);
    if (bed.record !== undefined) await undo(bed);
    t.ok(isWhole(bed), `killed at act ${killedAt}: in the end it sees ${bed.seen ?? 'nothing'}`);
    t.hasStrict(bed, { isMounted: false, isUnitThere: false, isLoaded: false, record: undefined });
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

void t.test('services start on the copy that counts though systemd does not read its units again', async (t) => {
  const bed = new Bed();
  await migrate(wanted, bed);
  bed.record = { ...wanted, units: [unit], phase: 'starting', copied: 'store' };
  bed.isRunning = false;
  bed.failingReloads = 1;
  const told: unknown[] = [];
  await serveInterrupted(bed, { warn: () => undefined, error: (...[, said]: readonly unknown[]) => void told.push(said) });
  t.match(told, [/its services do not all run/], 'and that is told');
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

void t.test('an old directory is removed with a yes that was given after it was compared, and again where that was cut', async (t) => {
  const no = new UvsError('TOKEN_INVALID', 'the slot was taken back');
  const bed = new Bed();
  await migrate(wanted, bed);
  bed.no = no;
  t.match(await errorOf(confirm(bed)), { reason: 'TOKEN_INVALID' });
  t.hasStrict(bed, { old: 'store', record: { phase: 'unconfirmed' } });

  bed.no = undefined;
  bed.asked.length = 0;
  await confirm(bed);
  t.strictSame(bed.asked, ['disturb', 'old', 'disturb']);

  const cut = new Bed();
  await migrate(wanted, cut);
  cut.record = { ...wanted, units: [...wanted.units], phase: 'removing' };
  cut.no = no;
  t.match(await errorOf(confirm(cut)), { reason: 'TOKEN_INVALID' });
  t.hasStrict(cut, { old: 'store', record: { phase: 'removing' } });
});

void t.test('a migration goes on where its own copy takes the room', async (t) => {
  const bed = new Bed();
  bed.isRoomForOne = true;
  bed.copy = 'store';
  bed.record = { ...wanted, units: [unit], phase: 'copying' };
  await migrate(wanted, bed);
  t.hasStrict(bed, { copy: 'store+', isMounted: true, record: { phase: 'unconfirmed' } });
});

void t.test('a removal that was begun is finished though a service runs no more, and begun with none', async (t) => {
  const bed = new Bed();
  await migrate(wanted, bed);
  bed.isRunning = false;
  t.match(await errorOf(confirm(bed)), { message: /does not run/ });
  bed.record = { ...wanted, units: [unit], phase: 'removing' };
  await confirm(bed);
  t.hasStrict(bed, { old: undefined, record: undefined });
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

void t.test('whoever asks at any phase is told where the directory is, and what has it over', async (t) => {
  const goOn = 'Give the same migrate again, which goes on, or undo it';
  for (const [phase, where, next] of [
    ['copying', 'on its way to the SSD', goOn],
    ['switching', 'on its way to the SSD', goOn],
    ['starting', 'on its way to the SSD', goOn],
    ['unconfirmed', 'on the SSD', 'Confirm it, or undo it'],
    ['removing', 'on the SSD', 'Confirm it again, which finishes the removal of the old directory'],
    ['undoing', 'on its way back', 'Undo it again, which finishes that'],
  ] as const) {
    const bed = new Bed();
    bed.record = { ...wanted, units: [unit], phase };
    t.equal(describeMigration(bed.record), `${directory}: ${where}, at "${phase}". ${next}.`);
    const refusals = [await errorOf(migrate({ ...wanted, directory: '/var/log' }, bed))];
    if (phase !== 'unconfirmed' && phase !== 'removing') refusals.push(await errorOf(confirm(bed)));
    for (const refusal of refusals) t.match(refusal, { hint: `${next}: with \`uvs-agent m2\` on the node, or with \`uvsctl m2\`` }, phase);
  }
});

void t.test('once the old directory is being removed there is no way back', async (t) => {
  const bed = new Bed();
  await migrate(wanted, bed);
  bed.record = { ...wanted, units: [...wanted.units], phase: 'removing' };
  t.match(await errorOf(undo(bed)), { reason: 'NO_WAY_BACK' });
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

void t.test('the old directory stays where the SSD does not work, or something has written to it since', async (t) => {
  const dead = new Bed();
  await migrate(wanted, dead);
  dead.isSsdDead = true;
  t.match(await errorOf(confirm(dead)), { reason: 'NOT_ALLOWED_NOW', message: /EIO/ });
  t.hasStrict(dead, { old: 'store', record: { phase: 'unconfirmed' } });

  const written = new Bed();
  await migrate(wanted, written);
  // the node has booted without the SSD, and something that is no service of it wrote
  written.old = 'store-';
  t.match(await errorOf(confirm(written)), { reason: 'CONFLICT', message: /was written to since it was copied: nothing is removed/ });
  t.hasStrict(written, { old: 'store-', record: { phase: 'unconfirmed' } });
});

void t.test(
  'an SSD that fails while the old directory is compared, or when its removal goes on, keeps it from being removed',
  async (t) => {
    const dying = new Bed();
    await migrate(wanted, dying);
    dying.isSsdDying = true;
    t.match(await errorOf(confirm(dying)), { reason: 'NOT_ALLOWED_NOW', message: /EIO/ });
    t.hasStrict(dying, { old: 'store', record: { phase: 'unconfirmed' } });

    const cut = new Bed();
    await migrate(wanted, cut);
    cut.cutAt = cut.acts + 2;
    await t.rejects(confirm(cut));
    t.hasStrict(cut, { old: 'store', record: { phase: 'removing' } });
    cut.cutAt = Number.POSITIVE_INFINITY;
    cut.isSsdDead = true;
    t.match(await errorOf(confirm(cut)), { reason: 'NOT_ALLOWED_NOW', message: /EIO/ });
    t.hasStrict(cut, { old: 'store', record: { phase: 'removing' } });
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

void t.test('services that a killed migration left stopped run again when the agent starts, on whichever directory counts', async (t) => {
  const whole = new Bed();
  await migrate(wanted, whole);
  for (let cutAt = 1; cutAt <= whole.acts; cutAt += 1) {
    const bed = new Bed();
    bed.cutAt = cutAt;
    await t.rejects(migrate(wanted, bed));
    bed.cutAt = Number.POSITIVE_INFINITY;
    const told: string[] = [];
    const log = { warn: (...[, said]: readonly unknown[]) => void told.push(String(said)), error: () => void t.fail('an error') };
    await serveInterrupted(bed, log);
    t.ok(isWhole(bed), `killed at act ${cutAt}: it sees ${bed.seen ?? 'nothing'}`);
    t.equal(told.length, bed.record === undefined ? 0 : 1);
  }
});

void t.test('an interrupted removal of the old directory is told as that: there is nothing to undo', async (t) => {
  const whole = new Bed();
  await migrate(wanted, whole);
  const before = whole.acts;
  await confirm(whole);
  const told: string[] = [];
  for (let act = 1; act <= whole.acts - before; act += 1) {
    const bed = new Bed();
    await migrate(wanted, bed);
    bed.cutAt = bed.acts + act;
    await t.rejects(confirm(bed));
    bed.cutAt = Number.POSITIVE_INFINITY;
    const log = { warn: (...[, said]: readonly unknown[]) => void told.push(String(said)), error: () => void t.fail('an error') };
    await serveInterrupted(bed, log);
    t.ok(isWhole(bed));
  }
  t.same(
    [...new Set(told)],
    ['the removal of a directory that was brought to the SSD was interrupted: go on with it (m2 confirm), there is no way back'],
  );
});

void t.test(
  'a service that does not start keeps none of the others from it, neither where all is put back nor when the agent starts',
  async (t) => {
    const units = ['ceph-osd@1.service', 'ceph-osd@2.service', 'ceph-osd@3.service'];
    const bed = new Bed();
    bed.ill.add('ceph-osd@1.service');
    const error = await errorOf(migrate({ ...wanted, units }, bed));
    t.match(error.message, /ceph-osd@1\.service does not start/);
    t.strictSame(bed.started.slice(-2), units.slice(1));
    bed.started.length = 0;
    const told: unknown[] = [];
    await serveInterrupted(bed, { warn: () => void t.fail('a warning'), error: (...[, said]: readonly unknown[]) => void told.push(said) });
    t.strictSame(bed.started, units.slice(1));
    t.match(told, [/its services do not all run/]);
  },
);

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

void t.test('a service that does not start keeps no agent from starting', async (t) => {
  const bed = new Bed();
  bed.record = { ...wanted, units: [...wanted.units], phase: 'copying' };
  bed.isStartFailing = true;
  const told: unknown[] = [];
  await serveInterrupted(bed, { warn: () => void t.fail('a warning'), error: (...[, said]: readonly unknown[]) => void told.push(said) });
  t.match(told, [/its services do not all run/]);
});
