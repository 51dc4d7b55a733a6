import t from 'tap';
import { confirm } from '../../../../agent/m2/migration/confirm.ts';
import { migrate, undo } from '../../../../agent/m2/migration/migrate.ts';
import { serveInterrupted } from '../../../../agent/m2/migration/serve-interrupted.ts';
import { errorOf } from '../../../support/failure.ts';
import { isWhole, MigrationBed as Bed } from '../../../support/migration-bed.ts';

const directory = '/var/lib/ceph/mon/ceph-a';
const unit = 'ceph-mon@a.service';
const wanted = { directory, units: [unit], reason: 'a test' };

/** What the agent's log has of it. */
function heard() {
  const warnings: { readonly said: string; readonly next: unknown }[] = [];
  const errors: string[] = [];
  const log = {
    warn: (...[about, said]: readonly unknown[]) =>
      void warnings.push({ said: String(said), next: typeof about === 'object' && about !== null && 'next' in about ? about.next : '' }),
    error: (...[, said]: readonly unknown[]) => void errors.push(String(said)),
  };
  return { log, warnings, errors };
}

void t.test('an undoing is killed before any act of it: the service serves, and undoing again takes no mount off below it', async (t) => {
  const { log, errors } = heard();
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
  t.same(errors, []);
});

void t.test('services start on the copy that counts though systemd does not read its units again', async (t) => {
  const bed = new Bed();
  await migrate(wanted, bed);
  bed.record = { ...wanted, units: [unit], phase: 'starting', copied: 'store' };
  bed.isRunning = false;
  bed.failingReloads = 1;
  const { log, errors } = heard();
  await serveInterrupted(bed, log);
  t.match(errors, [/its services do not all run/], 'and that is told');
  t.ok(isWhole(bed), `it sees ${bed.seen ?? 'nothing'}`);
});

void t.test('where the copy counts and can not be mounted no service starts on the old directory', async (t) => {
  const bed = new Bed();
  bed.copy = 'store';
  bed.record = { ...wanted, units: [unit], phase: 'switching', copied: 'store' };
  bed.isUnitThere = true;
  bed.isRunning = false;
  bed.failingReloads = 1;
  const { log, errors } = heard();
  await serveInterrupted(bed, log);
  t.match(errors, [/its services do not all run/]);
  t.hasStrict(bed, { old: 'store', isRunning: false });
  await serveInterrupted(bed, log);
  t.hasStrict(bed, { copy: 'store+', isMounted: true, isRunning: true });
});

void t.test('services that a killed migration left stopped run again when the agent starts, on whichever directory counts', async (t) => {
  const whole = new Bed();
  await migrate(wanted, whole);
  for (let cutAt = 1; cutAt <= whole.acts; cutAt += 1) {
    const bed = new Bed();
    bed.cutAt = cutAt;
    await t.rejects(migrate(wanted, bed));
    bed.cutAt = Number.POSITIVE_INFINITY;
    const { log, warnings, errors } = heard();
    await serveInterrupted(bed, log);
    t.ok(isWhole(bed), `killed at act ${cutAt}: it sees ${bed.seen ?? 'nothing'}`);
    t.same([warnings.length, errors], [bed.record === undefined ? 0 : 1, []]);
  }
});

void t.test('an interrupted removal of the old directory is told as that: there is nothing to undo', async (t) => {
  const whole = new Bed();
  await migrate(wanted, whole);
  const before = whole.acts;
  await confirm(whole);
  const { log, warnings, errors } = heard();
  for (let act = 1; act <= whole.acts - before; act += 1) {
    const bed = new Bed();
    await migrate(wanted, bed);
    bed.cutAt = bed.acts + act;
    await t.rejects(confirm(bed));
    bed.cutAt = Number.POSITIVE_INFINITY;
    await serveInterrupted(bed, log);
    t.ok(isWhole(bed));
  }
  t.ok(warnings.length > 0);
  for (const { said, next } of warnings) {
    t.equal(said, 'a migration to the SSD was interrupted; its services run');
    t.match(next, /^Confirm it again, which finishes the removal/);
  }
  t.same(errors, []);
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
    const { log, warnings, errors } = heard();
    await serveInterrupted(bed, log);
    t.strictSame(bed.started, units.slice(1));
    t.match(errors, [/its services do not all run/]);
    t.same(warnings, []);
  },
);

void t.test('a service that does not start keeps no agent from starting', async (t) => {
  const bed = new Bed();
  bed.record = { ...wanted, units: [...wanted.units], phase: 'copying' };
  bed.isStartFailing = true;
  const { log, warnings, errors } = heard();
  await serveInterrupted(bed, log);
  t.match(errors, [/its services do not all run/]);
  t.same(warnings, []);
});
