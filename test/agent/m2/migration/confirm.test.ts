import t from 'tap';
import { confirm } from '../../../../agent/m2/migration/confirm.ts';
import { migrate, undo } from '../../../../agent/m2/migration/migrate.ts';
import { UvsError } from '../../../../common/errors.ts';
import { errorOf } from '../../../support/failure.ts';
import { MigrationBed as Bed } from '../../../support/migration-bed.ts';

const directory = '/var/lib/ceph/mon/ceph-a';
const unit = 'ceph-mon@a.service';
const wanted = { directory, units: [unit], reason: 'a test' };

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

void t.test('a removal that was begun is finished though a service runs no more, and begun with none', async (t) => {
  const bed = new Bed();
  await migrate(wanted, bed);
  bed.isRunning = false;
  t.match(await errorOf(confirm(bed)), { message: /does not run/ });
  bed.record = { ...wanted, units: [unit], phase: 'removing' };
  await confirm(bed);
  t.hasStrict(bed, { old: undefined, record: undefined });
});

void t.test('once the old directory is being removed there is no way back', async (t) => {
  const bed = new Bed();
  await migrate(wanted, bed);
  bed.record = { ...wanted, units: [...wanted.units], phase: 'removing' };
  t.match(await errorOf(undo(bed)), { reason: 'NO_WAY_BACK' });
});

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
