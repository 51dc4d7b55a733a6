import t from 'tap';
import { limitRule } from '../../../agent/limits/wanted.ts';
import { UvsError } from '../../../common/errors.ts';
import { errorOf } from '../../support/failure.ts';
import { FakeMachine, keeperOf } from '../../support/limited-machine.ts';

const MIB = 1024 ** 2;
const osd3 = 'ceph-osd@3.service';
const osd4 = 'ceph-osd@4.service';
const all = 'ceph-osd@*.service';

void t.test('a unit that is refused keeps the limits that it has', async (t) => {
  const machine = new FakeMachine(osd3);
  const keeper = keeperOf(machine);
  await keeper.keep([limitRule(all, { MemoryMax: '200M' })]);
  const before = machine.dropIns.get(osd3);
  machine.memoryBytes = 150 * MIB;
  t.match(await keeper.keep([limitRule(all, { MemoryMax: '100M' })]), [
    { state: 'refused', message: 'MemoryMax=100MiB is below what it uses now, 150MiB' },
  ]);
  t.equal(machine.dropIns.get(osd3), before);
  t.equal(machine.kernel.get(osd3)?.get('MemoryMax'), 200 * MIB);
});

void t.test('what a refused unit keeps is put back where somebody changes it, unless that would end it', async (t) => {
  const machine = new FakeMachine(osd3);
  const keeper = keeperOf(machine);
  const rules = [limitRule(all, { MemoryMax: '100M', TasksMax: '50' })];
  await keeper.keep([limitRule(all, { MemoryMax: '200M' })]);
  const before = machine.dropIns.get(osd3);
  machine.memoryBytes = 150 * MIB;
  t.match(await keeper.keep(rules), [{ state: 'refused', mended: { length: 0 } }]);
  machine.dropIns.clear();
  await machine.reload();
  const path = `/etc/systemd/system/${osd3}.d/90-uvs-limits.conf`;
  t.match(await keeper.keep(rules), [{ state: 'refused', message: /^MemoryMax=100MiB is below/u, mended: ['MemoryMax', path] }]);
  t.equal(machine.dropIns.get(osd3), before);
  t.equal(machine.kernel.get(osd3)?.get('MemoryMax'), 200 * MIB);
  machine.dropIns.clear();
  await machine.reload();
  machine.memoryBytes = 250 * MIB;
  t.match(await keeper.keep(rules), [{ state: 'refused', mended: { length: 0 } }]);
  t.equal(machine.kernel.get(osd3)?.get('MemoryMax'), 'none', 'it has grown');
  machine.memoryBytes = 150 * MIB;
  t.match(await keeper.keep(rules), [{ state: 'refused', mended: ['MemoryMax', path] }], 'it is put back as soon as it can be');
});

void t.test('a refused unit that can not bear what it had is not given it by a reload for another unit', async (t) => {
  const machine = new FakeMachine(osd3, osd4);
  const keeper = keeperOf(machine);
  const rules = [limitRule(all, { MemoryMax: '200M', TasksMax: '50' })];
  await keeper.keep(rules);
  // an administrator has raised it by hand, and it has grown
  machine.kernel.get(osd3)?.set('MemoryMax', 'none');
  machine.uses.set(osd3, 350 * MIB);
  machine.kernel.get(osd4)?.set('MemoryMax', 'none');
  const refused = { unit: osd3, state: 'refused', message: 'MemoryMax=200MiB is below what it uses now, 350MiB', mended: [] };
  t.same((await keeper.keep(rules))[0], refused);
  t.equal(machine.kernel.get(osd4)?.get('MemoryMax'), 200 * MIB, 'for this one systemd has read all of them again');
  t.equal(machine.kernel.get(osd3)?.get('MemoryMax'), 'none');
  t.match(machine.dropIns.get(osd3), /^TasksMax=50$/mu, 'what it can bear stays');
  t.same((await keeper.keep(rules))[0], refused);
  machine.uses.set(osd3, 150 * MIB);
  t.same((await keeper.keep(rules))[0]?.mended, [], 'nobody has changed it');
  t.equal(machine.kernel.get(osd3)?.get('MemoryMax'), 200 * MIB, 'it can bear it again');
});

void t.test('a limit whose reload failed is not put in force by the next one where the unit has outgrown it', async (t) => {
  const machine = new FakeMachine(osd3);
  const keeper = keeperOf(machine);
  const rules = [limitRule(all, { MemoryMax: '200M' })];
  machine.reloadFailure = new UvsError('SERVICE_FAILED', 'daemon-reload failed');
  t.match(await errorOf(keeper.keep(rules)), { message: 'daemon-reload failed' });
  machine.reloadFailure = undefined;
  machine.uses.set(osd3, 350 * MIB);
  t.match(await keeper.keep(rules), [{ state: 'refused' }]);
  t.equal(machine.kernel.get(osd3)?.get('MemoryMax'), 'none');
  t.equal(machine.dropIns.get(osd3), undefined);
});

void t.test('where what a unit can not bear can not be taken out of its drop-in, systemd is told of nothing', async (t) => {
  const machine = new FakeMachine(osd3, osd4);
  const keeper = keeperOf(machine);
  const rules = [limitRule(all, { MemoryMax: '200M' })];
  await keeper.keep(rules);
  machine.kernel.get(osd3)?.set('MemoryMax', 'none');
  machine.uses.set(osd3, 350 * MIB);
  machine.kernel.get(osd4)?.set('MemoryMax', 'none');
  machine.oddities.add(`write ${osd3}`);
  t.match(await errorOf(keeper.keep(rules)), {
    message: /^ceph-osd@3\.service can't bear what is in its drop-in, and that can't be changed: .*it is odd/u,
  });
  t.equal(machine.kernel.get(osd3)?.get('MemoryMax'), 'none');
  machine.oddities.clear();
  t.match(await keeper.keep(rules), [
    { unit: osd3, state: 'refused' },
    { unit: osd4, state: 'in-force' },
  ]);
  t.equal(machine.kernel.get(osd3)?.get('MemoryMax'), 'none');
});

void t.test('a share that comes to too little is refused, and a limit like it that holds already is not lifted for that', async (t) => {
  const machine = new FakeMachine(osd3);
  const keeper = keeperOf(machine);
  machine.memoryBytes = 5 * MIB;
  const path = `/etc/systemd/system/${osd3}.d/90-uvs-limits.conf`;
  // as an agent of before has written it
  machine.dropIns.set(osd3, '# Written by uvs-agent\n[Service]\nMemoryMax=31457280\n');
  await machine.reload();
  for (const look of ['first', 'next'])
    t.same(
      await keeper.keep([limitRule(all, { MemoryMax: '3%' })]),
      [{ unit: osd3, state: 'refused', message: 'MemoryMax comes to 30MiB here, and has to be 64MiB or more', mended: [] }],
      look,
    );
  t.equal(machine.kernel.get(osd3)?.get('MemoryMax'), 30 * MIB);
  machine.dropIns.delete(osd3);
  await machine.reload();
  t.match(await keeper.keep([limitRule(all, { MemoryMax: '3%' })]), [{ mended: ['MemoryMax', path] }], 'it is kept');
});

void t.test('a reload that failed after something was taken out makes nobody guilty', async (t) => {
  const machine = new FakeMachine(osd3);
  const keeper = keeperOf(machine);
  const rules = [limitRule(all, { MemoryMax: '200M' })];
  await keeper.keep([limitRule(all, { MemoryMax: '200M', TasksMax: '50' })]);
  machine.kernel.get(osd3)?.set('MemoryMax', 'none');
  machine.uses.set(osd3, 350 * MIB);
  machine.reloadFailure = new UvsError('SERVICE_FAILED', 'daemon-reload failed');
  await t.rejects(keeper.keep(rules));
  machine.reloadFailure = undefined;
  t.same((await keeper.keep(rules))[0]?.mended, []);
  machine.uses.set(osd3, 100 * MIB);
  t.same((await keeper.keep(rules))[0]?.mended, []);
  t.equal(machine.kernel.get(osd3)?.get('MemoryMax'), 200 * MIB);
});

void t.test('no memory is promised twice, though one of the two units is refused', async (t) => {
  const machine = new FakeMachine(osd3, osd4);
  const keeper = keeperOf(machine);
  await keeper.keep([limitRule(osd3, { MemoryMax: '800M' })]);
  machine.uses.set(osd3, 700 * MIB);
  const rules = [limitRule(osd3, { MemoryMax: '150M' }), limitRule(osd4, { MemoryMax: '800M' })];
  t.match(await keeper.keep(rules), [
    { unit: osd3, state: 'refused', message: 'MemoryMax=150MiB is below what it uses now, 700MiB' },
    { unit: osd4, state: 'refused', message: 'MemoryMax of 2 units comes to 1.6GiB with what some of them keep, and the node has 1000MiB' },
  ]);
  t.equal(machine.kernel.get(osd4)?.get('MemoryMax'), 'none');
  t.match([...(await keeper.foresee(rules)).keys()], [osd3, osd4]);
});
