import pino from 'pino';
import t from 'tap';
import { foreseenLimits, keptLimits } from '../../../agent/limits/kept-limits.ts';
import { limitRule } from '../../../agent/limits/wanted.ts';
import { errorOf } from '../../support/failure.ts';
import { FakeMachine, keeperOf } from '../../support/limited-machine.ts';

const MIB = 1024 ** 2;
const osd3 = 'ceph-osd@3.service';
const mds = 'ceph-mds@a.service';
const osd4 = 'ceph-osd@4.service';
const all = 'ceph-osd@*.service';
const rules = [limitRule(all, { MemoryMax: '200M' })];

for (const act of ['observe', 'read', 'write']) {
  void t.test(`a unit of which it goes wrong to ${act} it is told, and keeps no other from its limits`, async (t) => {
    const machine = new FakeMachine(osd3, osd4);
    const keeper = keeperOf(machine);
    machine.oddities.add(`${act} ${osd3}`);
    t.match(await keeper.keep(rules), [
      { unit: osd3, state: 'unmet', message: `${act} ${osd3}: it is odd`, mended: { length: 0 } },
      { unit: osd4, state: 'in-force' },
    ]);
    t.equal(machine.kernel.get(osd4)?.get('MemoryMax'), 200 * MIB, 'systemd was told of the other');
    machine.oddities.clear();
    const nobodyChanged = { state: 'in-force', mended: { length: 0 } };
    t.match(await keeper.keep(rules), [
      { unit: osd3, ...nobodyChanged },
      { unit: osd4, ...nobodyChanged },
    ]);
    t.equal(machine.kernel.get(osd3)?.get('MemoryMax'), 200 * MIB);
  });
}

void t.test('what goes wrong with one unit leaves what it has', async (t) => {
  const machine = new FakeMachine(osd3, osd4, 'x.service');
  const keeper = keeperOf(machine);
  const named = (memory: string) => [...rules, limitRule('x.service', { MemoryMax: memory })];
  await keeper.keep(named('200M'));
  machine.oddities.add('find x.service');
  t.match(await keeper.keep(named('300M')), [{ unit: osd3 }, { unit: osd4 }, { unit: 'x.service', state: 'unmet', message: /it is odd/u }]);
  t.match(machine.dropIns.get('x.service'), 'MemoryMax=209715200');
  machine.oddities.add(`find ${all}`);
  t.match(await keeper.keep(rules), [
    { unit: osd3, state: 'unmet' },
    { unit: osd4, state: 'unmet' },
    { unit: all, state: 'unmet' },
  ]);
  t.match(machine.dropIns.get(osd3), 'MemoryMax=209715200');
});

void t.test('limits by an alias stay where systemd does not say once whose name that is; a masked unit is told as that', async (t) => {
  const machine = new FakeMachine('ssh.service', osd3);
  machine.aliases.set('sshd.service', 'ssh.service');
  const keeper = keeperOf(machine);
  const wanted = [limitRule('sshd.service', { MemoryMax: '200M' }), limitRule('gone.service', { MemoryMax: '100M' })];
  await keeper.keep(wanted);
  machine.oddities.add('find sshd.service');
  t.match(await keeper.keep(wanted), [{ unit: 'sshd.service', state: 'unmet', message: /it is odd/u }, { unit: 'gone.service' }]);
  t.match(machine.dropIns.get('ssh.service'), 'MemoryMax=209715200');
  machine.oddities.clear();
  machine.masked.add('gone.service');
  const [, gone] = await keeper.keep(wanted);
  t.same(gone, { unit: 'gone.service', state: 'unmet', message: 'gone.service is masked', mended: [] });
  await keeper.keep(wanted.slice(1));
  t.equal(machine.dropIns.get('ssh.service'), undefined, 'which keeps nothing from being taken back');
});

void t.test('limits of a unit that runs and was masked stay, can be changed, and are told with that', async (t) => {
  const machine = new FakeMachine(mds);
  machine.aliases.set('alias.service', mds);
  const keeper = keeperOf(machine);
  for (const name of [mds, 'alias.service', 'ceph-mds@*.service']) {
    await keeper.keep([limitRule(name, { MemoryMax: '200M' })]);
    machine.masked.add(mds);
    t.same(await keeper.keep([limitRule(name, { MemoryMax: '300M' })]), [
      { unit: mds, state: 'in-force', message: `${mds} is masked`, mended: [] },
    ]);
    t.equal(machine.kernel.get(mds)?.get('MemoryMax'), 300 * MIB);
    t.match(await keeper.keep([limitRule(name, { LimitNOFILE: '4096' })]), [
      { state: 'from-next-start', message: `LimitNOFILE from its next start; ${mds} is masked` },
    ]);
    machine.masked.clear();
  }
  machine.masked.add(mds);
  machine.kernel.get(mds)?.delete('MemoryMax');
  t.match(
    await keeper.keep([limitRule(mds, { MemoryMax: '200M', TasksMax: '50' })]),
    [{ state: 'unmet', message: `nothing holds it to TasksMax: systemd does that for units that are loaded alone; ${mds} is masked` }],
    'the kernel says so',
  );
});

void t.test('a template is refused by its name, which nothing runs by, and never written', async (t) => {
  const machine = new FakeMachine(osd3);
  machine.dropIns.set('ceph-osd@.service', 'left by an earlier agent');
  const wanted = [...rules, limitRule('ceph-osd@.service', { TasksMax: '100' })];
  t.match(await keeperOf(machine).keep(wanted), [
    { unit: osd3, state: 'in-force' },
    { unit: 'ceph-osd@.service', state: 'refused', message: /^it is a template, and no service/u },
  ]);
  t.same([...machine.dropIns.keys()], [osd3]);
});

void t.test('a rule that this agent does not understand keeps no other from being carried out', async (t) => {
  const machine = new FakeMachine(osd3, 'x.service');
  const keeper = keeperOf(machine);
  await keeper.keep([...rules, limitRule('x.service', { MemoryMax: '300M' })]);
  const { keep } = keptLimits({ path: t.testdir() }, keeper, pino({ level: 'silent' }));
  const told = [
    { unit: all, values: { MemoryMax: '400M' } },
    { unit: 'x.service', values: { MemoryMax: '400M', Later: '1' } },
  ];
  if (typeof keep === 'string') throw new Error(keep);
  t.match(await keep({ hash: '', rules: told }), {
    units: [
      { unit: osd3, state: 'in-force' },
      { unit: 'x.service', state: 'refused', message: '"Later" is no limit that UVS sets' },
    ],
  });
  t.match(machine.dropIns.get('x.service'), 'MemoryMax=314572800', 'what it had stays');
  const foreseen = await foreseenLimits(keeper)(told);
  t.same([...foreseen.refused], [['x.service', '"Later" is no limit that UVS sets']]);
});

void t.test('limits that can not be removed are trouble as long as nothing else is to be kept', async (t) => {
  const machine = new FakeMachine(osd3, osd4);
  const keeper = keeperOf(machine);
  const { keep } = keptLimits({ path: t.testdir() }, keeper, pino({ level: 'silent' }));
  if (typeof keep === 'string') throw new Error(keep);
  await keeper.keep(rules);
  machine.oddities.add(`write ${osd3}`);
  t.match(await keeper.keep([limitRule('y.service', { TasksMax: '50' })]), [
    { unit: osd3, state: 'unmet', message: /it is odd/u },
    { unit: 'y.service', state: 'refused' },
  ]);
  t.same([...machine.dropIns.keys()], [osd3]);
  t.match(await errorOf(keep({ hash: '', rules: [] })), { reason: 'SERVICE_FAILED', message: /^ceph-osd@3\.service: .*it is odd/u });
  machine.oddities.clear();
  t.same(await keep({ hash: '', rules: [] }), { units: [] });
  t.equal(machine.dropIns.size, 0);
});

void t.test('two names of one service are one unit, which is told by its own', async (t) => {
  const machine = new FakeMachine('held.service');
  machine.aliases.set('alias.service', 'held.service');
  machine.dropIns.set('alias.service', 'left by an earlier agent');
  const keeper = keeperOf(machine);
  const both = (memory: string) => ['held.service', 'alias.service'].map((name) => limitRule(name, { MemoryMax: memory }));
  t.same(await keeper.keep(both('600M')), [{ unit: 'held.service', state: 'in-force', message: '', mended: [] }], 'its memory counts once');
  t.same([...machine.dropIns.keys()], ['held.service']);
  const others = [limitRule('held.service', { MemoryMax: '600M' }), limitRule('alias.service', { MemoryMax: '300M' })];
  t.match(await keeper.keep(others), [
    { unit: 'held.service', state: 'refused', message: 'held.service and alias.service set different values of MemoryMax' },
  ]);
  t.match(await keeper.keep([limitRule('alias.service', { MemoryMax: '300M' })]), [{ unit: 'held.service', state: 'in-force' }]);
});

void t.test('questions what would be refused are answered one after the other, and those that are too many at once', async (t) => {
  let atOnce = 0;
  let most = 0;
  const foresee = async () => {
    atOnce += 1;
    most = Math.max(most, atOnce);
    await new Promise(setImmediate);
    atOnce -= 1;
    return new Map([['x.service', 'it uses more']]);
  };
  const ask = foreseenLimits({ foresee });
  const answers = await Promise.all(Array.from({ length: 6 }, async () => await ask([])));
  t.equal(most, 1);
  t.same(
    answers.map(({ refused, trouble }) => [refused.size, trouble]),
    [...Array.from({ length: 4 }, () => [1, '']), ...Array.from({ length: 2 }, () => [0, 'too many previews at once: ask again'])],
  );
  t.equal((await ask([])).refused.size, 1, 'and later ones are answered again');
});
