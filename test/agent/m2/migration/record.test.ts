import t from 'tap';
import { confirm } from '../../../../agent/m2/migration/confirm.ts';
import { migrate } from '../../../../agent/m2/migration/migrate.ts';
import { describeMigration } from '../../../../agent/m2/migration/record.ts';
import { errorOf } from '../../../support/failure.ts';
import { MigrationBed as Bed } from '../../../support/migration-bed.ts';

const directory = '/var/lib/ceph/mon/ceph-a';
const unit = 'ceph-mon@a.service';
const wanted = { directory, units: [unit], reason: 'a test' };

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
