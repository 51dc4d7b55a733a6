import t from 'tap';
import { limitsOf } from '../../../coordinator/declared/limits.ts';

const osd = { uid: 'u1', roles: ['osd', 'mds'], labels: { rack: 'r1', disk: 'slow' } };
const unit = 'ceph-osd@*.service';
const set = (scope: string, values: Readonly<Record<string, string>>, its = unit) => ({ scope, unit: its, values });

void t.test('what a narrower scope says of a key counts, and the rest stays', async (t) => {
  const records = [
    set('node/u1', { TasksMax: '4' }),
    set('label/rack=r1', { TasksMax: '3', IOWeight: '30' }),
    set('role/osd', { TasksMax: '2', IOWeight: '20', CPUWeight: '200' }),
    set('cluster', { TasksMax: '1', IOWeight: '10', CPUWeight: '100', MemoryMax: '60%' }),
    set('node/u2', { TasksMax: '9' }),
    set('role/mon', { TasksMax: '8' }),
    set('label/rack=r2', { TasksMax: '7' }),
  ];
  for (const order of [records, records.toReversed()])
    t.same(limitsOf(osd, order).rules, [{ unit, values: { TasksMax: '4', IOWeight: '30', CPUWeight: '200', MemoryMax: '60%' } }]);
});

void t.test('of two roles the first counts, of two labels the first in the alphabet', async (t) => {
  const records = [
    set('role/osd', { TasksMax: '1' }),
    set('role/mds', { TasksMax: '2' }),
    set('label/disk=slow', { IOWeight: '1' }),
    set('label/rack=r1', { IOWeight: '2' }),
  ];
  for (const order of [records, records.toReversed()])
    t.same(limitsOf(osd, order).rules, [{ unit, values: { TasksMax: '1', IOWeight: '1' } }]);
});

void t.test('the hash tells whether anything is otherwise, whatever the order', async (t) => {
  const [a, b] = [set('cluster', { TasksMax: '1' }), set('cluster', { CPUWeight: '5' }, 'chrony.service')];
  t.equal(limitsOf(osd, [a, b]).hash, limitsOf(osd, [b, a]).hash);
  t.not(limitsOf(osd, [a]).hash, limitsOf(osd, [a, b]).hash);
  t.not(limitsOf(osd, [a]).hash, limitsOf(osd, []).hash);
});
