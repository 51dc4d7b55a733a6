import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pino from 'pino';
import t from 'tap';
import { LimitKeeper, type LimitedUnit } from '../../../agent/limits/keeper.ts';
import { limitRule, type LimitRule } from '../../../agent/limits/wanted.ts';
import { limitRecords } from '../../../agent/limits/records.ts';
import { storedWritten } from '../../../agent/limits/written.ts';
import type { Stored } from '../../../agent/stored.ts';
import { UvsError } from '../../../common/errors.ts';
import { errorOf } from '../../support/failure.ts';
import { FakeMachine, keeperOf } from '../../support/limited-machine.ts';

const MIB = 1024 ** 2;
const osd3 = 'ceph-osd@3.service';
const osd4 = 'ceph-osd@4.service';
const all = 'ceph-osd@*.service';

const mendedIn = (standings: readonly LimitedUnit[]): readonly (readonly string[])[] => standings.map(({ mended }) => mended);

void t.test('limits are written for every unit that is named, put in force, and proven from the kernel', async (t) => {
  const machine = new FakeMachine(osd3, osd4, 'ceph-mon@a.service');
  const keeper = keeperOf(machine);
  const rules = [limitRule(all, { MemoryMax: '200M', LimitNOFILE: '4096' })];
  t.same(await keeper.keep(rules), [
    { unit: osd3, state: 'from-next-start', message: 'LimitNOFILE from its next start', mended: [] },
    { unit: osd4, state: 'from-next-start', message: 'LimitNOFILE from its next start', mended: [] },
  ]);
  t.match(machine.dropIns.get(osd3), /^# .*\n\[Service\]\nMemoryMax=209715200\nLimitNOFILE=4096\n$/);
  t.equal(machine.dropIns.has('ceph-mon@a.service'), false);
  for (const said of machine.kernel.values()) said.set('LimitNOFILE', 4096);
  t.match(await keeper.keep(rules), [{ state: 'in-force' }, { state: 'in-force' }]);
  t.equal(machine.reloads, 1, 'where nothing is otherwise nothing is done');
});

void t.test('what was changed at the kernel, or in the file, is put back, and told as mended', async (t) => {
  const machine = new FakeMachine(osd3, osd4);
  const keeper = keeperOf(machine);
  const rules = [limitRule(all, { MemoryMax: '200M' })];
  t.same(mendedIn(await keeper.keep(rules)), [[], []]);
  machine.kernel.get(osd3)?.set('MemoryMax', 900 * MIB);
  machine.dropIns.set(osd4, '[Service]\nMemoryMax=1\n');
  t.match(await keeper.keep(rules), [
    { unit: osd3, state: 'in-force', mended: ['MemoryMax'] },
    { unit: osd4, state: 'in-force', mended: ['/etc/systemd/system/ceph-osd@4.service.d/90-uvs-limits.conf'] },
  ]);
  t.equal(machine.kernel.get(osd3)?.get('MemoryMax'), 200 * MIB);
  t.match(machine.dropIns.get(osd4), 'MemoryMax=209715200');
  t.same(mendedIn(await keeper.keep(rules)), [[], []], 'it is told once');
});

void t.test('a file that is removed while no agent runs is told as mended, and one that is to be another is not', async (t) => {
  const machine = new FakeMachine(osd3);
  const state = { path: t.testdir() };
  await keeperOf(machine, { written: storedWritten(state) }).keep([limitRule(all, { MemoryMax: '200M' })]);
  machine.dropIns.clear();
  const [found] = await keeperOf(machine, { written: storedWritten(state) }).keep([limitRule(all, { MemoryMax: '200M' })]);
  t.match(found, { state: 'in-force', mended: [/90-uvs-limits/] });
  t.same(mendedIn(await keeperOf(machine, { written: storedWritten(state) }).keep([limitRule(all, { MemoryMax: '300M' })])), [[]]);
  writeFileSync(join(state.path, 'limits-written.json'), '{');
  machine.dropIns.clear();
  t.match(
    await keeperOf(machine, { written: storedWritten(state) }).keep([limitRule(all, { MemoryMax: '300M' })]),
    [{ state: 'in-force', mended: { length: 0 } }],
    'what was left is not known any more',
  );
  t.match(machine.dropIns.get(osd3), 'MemoryMax=314572800');
});

void t.test('what was mended is told beside a limit of the same unit that is not in force', async (t) => {
  const machine = new FakeMachine(osd3);
  const keeper = keeperOf(machine);
  const rules = [limitRule(all, { MemoryMax: '200M', IOWeight: '200' })];
  await keeper.keep(rules);
  machine.kernel.get(osd3)?.set('MemoryMax', 900 * MIB);
  t.match(await keeper.keep(rules), [{ state: 'unmet', mended: ['MemoryMax'] }]);
});

void t.test('a limit that another drop-in overrules is told as not in force, with the name of the file', async (t) => {
  const machine = new FakeMachine(osd3);
  machine.later.set(osd3, `/etc/systemd/system/${osd3}.d/99-mine.conf`);
  t.same(await keeperOf(machine).keep([limitRule(all, { MemoryMax: '200M' })]), [
    {
      unit: osd3,
      state: 'unmet',
      message: `MemoryMax is no limit, not 200MiB: /etc/systemd/system/${osd3}.d/99-mine.conf is read after it`,
      mended: [],
    },
  ]);
});

void t.test('a limit for which the kernel has no file is told as not in force, by its name, and the others hold', async (t) => {
  const machine = new FakeMachine(osd3);
  t.same(await keeperOf(machine).keep([limitRule(all, { MemoryMax: '200M', CPUQuota: '150%', IOWeight: '200' })]), [
    {
      unit: osd3,
      state: 'unmet',
      message:
        "the kernel of this node has no CPUQuota: there is no cpu.max in the service's control group; " +
        "the kernel of this node has no IOWeight: there is no io.weight or io.bfq.weight in the service's control group",
      mended: [],
    },
  ]);
  t.equal(machine.kernel.get(osd3)?.get('MemoryMax'), 200 * MIB);
  machine.kernel.get(osd3)?.delete('MemoryMax');
  t.match(await keeperOf(machine).keep([limitRule(all, { MemoryMax: 'infinity' })]), [{ state: 'in-force' }], 'nothing limits');
});

void t.test('a limit of the main process is not in force where there is none to look at', async (t) => {
  const machine = new FakeMachine(osd3);
  machine.kernel.get(osd3)?.delete('LimitNOFILE');
  t.match(await keeperOf(machine).keep([limitRule(all, { LimitNOFILE: '4096' })]), [
    { state: 'unmet', message: 'nothing says that LimitNOFILE holds: the service has no main process' },
  ]);
});

void t.test('limits that do not reach the process of a service are told as not in force, with where it is', async (t) => {
  const machine = new FakeMachine(osd3);
  machine.stray = { sentence: 'its main process 9 (conmon) is in the control group /machine.slice', unreached: ['MemoryMax', 'TasksMax'] };
  machine.kernel.get(osd3)?.set('LimitNOFILE', 4096);
  const rules = [limitRule(all, { MemoryMax: '200M', LimitNOFILE: '4096' })];
  t.match(await keeperOf(machine).keep(rules), [
    {
      state: 'unmet',
      message: 'nothing holds its daemon to MemoryMax: its main process 9 (conmon) is in the control group /machine.slice',
    },
  ]);
  t.match(await keeperOf(machine).keep([limitRule(all, { LimitNOFILE: '4096' })]), [{ state: 'in-force', message: '' }]);
});

void t.test('what no rule wants any more is removed, and a service that is only stopped is not forgotten', async (t) => {
  const machine = new FakeMachine(osd3, osd4);
  const keeper = keeperOf(machine);
  await keeper.keep([limitRule(all, { MemoryMax: '200M' })]);
  machine.forgotten.add(osd4);
  t.match(await keeper.keep([limitRule(all, { MemoryMax: '300M' })]), [
    { unit: osd3 },
    { unit: osd4, state: 'from-next-start', message: 'it does not run' },
  ]);
  t.match(machine.dropIns.get(osd4), 'MemoryMax=314572800', 'it finds them at its next start');
  t.same(await keeper.keep([]), []);
  t.equal(machine.dropIns.size, 0);
  t.equal(machine.kernel.get(osd3)?.get('MemoryMax'), 'none');
});

void t.test('a pattern takes its limits from a service that is disabled and does not run, and a rule by its name keeps them', async (t) => {
  const machine = new FakeMachine(osd3, osd4);
  const keeper = keeperOf(machine);
  const rules = [limitRule(all, { MemoryMax: '200M' })];
  const byName = [...rules, limitRule(osd4, { TasksMax: '50' })];
  await keeper.keep(rules);
  machine.disabled.add(osd3).add(osd4);
  t.match(await keeper.keep(rules), [{ unit: osd3 }, { unit: osd4 }], 'they run');
  const stops: Readonly<Record<string, Set<string>>> = {
    'systemd has it loaded': machine.stopped,
    'systemd has forgotten it': machine.forgotten,
  };
  for (const [what, stopped] of Object.entries(stops)) {
    stopped.add(osd4);
    machine.oddities.add(`ask of ${osd4}`);
    t.match(await keeper.keep(rules), [{ unit: osd3 }, { unit: osd4, message: 'it does not run' }], 'in doubt it is kept');
    machine.oddities.clear();
    t.match(await keeper.keep(byName), [{ unit: osd3 }, { unit: osd4, message: 'it does not run' }], what);
    t.match(machine.dropIns.get(osd4), /^TasksMax=50$/mu);
    t.same(
      (await keeper.keep(rules)).map(({ unit }) => unit),
      [osd3],
      what,
    );
    t.same([...machine.known.keys()], [osd3], 'systemd was told');
    t.same([...(await keeper.foresee(rules))], []);
    stopped.clear();
    t.match(await keeper.keep(rules), [{ unit: osd3 }, { unit: osd4, state: 'in-force', mended: { length: 0 } }], 'it runs again');
  }
});

void t.test('a unit that is named and is not there is told', async (t) => {
  const told = await keeperOf(new FakeMachine(osd3)).keep([
    limitRule('nonsuch.service', { TasksMax: '20' }),
    limitRule('ceph-mds@*.service', { TasksMax: '20' }),
  ]);
  t.same(told, [{ unit: 'nonsuch.service', state: 'refused', message: 'there is no such unit here', mended: [] }]);
});

void t.test('limits that systemd could not be told of are tried again the next time', async (t) => {
  const machine = new FakeMachine(osd3);
  const keeper = keeperOf(machine);
  const rules = [limitRule(all, { MemoryMax: '200M' })];
  machine.reloadFailure = new UvsError('SERVICE_FAILED', 'systemctl daemon-reload failed');
  t.match(await errorOf(keeper.keep(rules)), { reason: 'SERVICE_FAILED' });
  machine.reloadFailure = undefined;
  t.match(await keeper.keep(rules), [{ state: 'in-force', mended: { length: 0 } }]);
  t.equal(machine.kernel.get(osd3)?.get('MemoryMax'), 200 * MIB);
});

void t.test('an OSD is told its limit, from which Ceph takes its target of memory, and no other service is', async (t) => {
  const machine = new FakeMachine(osd3, 'ceph-mon@a.service');
  machine.nodeBytes = 8000 * MIB;
  const keeper = keeperOf(machine);
  const rules = [limitRule(all, { MemoryMax: '2G' }), limitRule('ceph-mon@*.service', { MemoryMax: '2G' })];
  const [, toldLater] = (await keeper.keep(rules)).toSorted((a, b) => (a.unit < b.unit ? -1 : 1));
  t.match(toldLater, { unit: osd3, state: 'from-next-start', message: 'osd_memory_target from its next start' });
  t.match(machine.dropIns.get(osd3), /^MemoryMax=2147483648\nEnvironment=POD_MEMORY_LIMIT=2147483648\n$/mu);
  t.match(machine.dropIns.get('ceph-mon@a.service'), /\[Service\]\nMemoryMax=2147483648\n$/u);
  machine.podLimit = 2048 * MIB;
  t.match(
    (await keeper.keep(rules)).find(({ unit }) => unit === osd3),
    { state: 'in-force', message: "osd_memory_target is 1.6GiB unless Ceph's configuration names one" },
  );
});

void t.test('a limit at which Ceph would abort is not told', async (t) => {
  const machine = new FakeMachine(osd3);
  machine.nodeBytes = 8000 * MIB;
  const keeper = keeperOf(machine);
  // 896 MiB are its least target, and 0.8 of the limit
  for (const [memory, isTold] of [
    ['1174405119', false],
    ['1174405120', true],
  ] as const) {
    machine.podLimit = isTold ? 1174405120 : undefined;
    const [standing] = await keeper.keep([limitRule(all, { MemoryMax: memory })]);
    t.equal(machine.dropIns.get(osd3)?.includes('Environment='), isTold, memory);
    t.match(standing, { state: 'in-force', message: isTold ? /is 896MiB/u : /Ceph is not told of it, which takes 1\.1GiB/u });
  }
  machine.isRatioSet = true;
  machine.podLimit = undefined;
  t.match(await keeper.keep([limitRule(all, { MemoryMax: '2G' })]), [{ state: 'in-force', message: /ceph\.conf has a ratio of its own/u }]);
  t.match(machine.dropIns.get(osd3), /\[Service\]\nMemoryMax=2147483648\n$/u);
});

void t.test('what would be refused is told of limits that nobody has set, and nothing is written for it', async (t) => {
  const machine = new FakeMachine(osd3, osd4);
  machine.memoryBytes = 300 * MIB;
  const keeper = keeperOf(machine);
  await keeper.keep([limitRule(all, { TasksMax: '50' })]);
  const before = new Map(machine.dropIns);
  const foreseen = await keeper.foresee([limitRule(all, { MemoryMax: '200M' }), limitRule('absent.service', { TasksMax: '50' })]);
  t.same([...foreseen.keys()].toSorted(), ['absent.service', osd3, osd4]);
  t.match(foreseen.get(osd3), /^MemoryMax=200MiB is below what it uses now, 300MiB$/);
  t.equal(foreseen.get('absent.service'), 'there is no such unit here');
  t.same([...(await keeper.foresee([limitRule(all, { MemoryMax: '400M' })]))], []);
  t.same(machine.dropIns, before);
});

/** As the agent ends at an act: what it has done by then is done, and nothing after it. */
class Cuts {
  acts = 0;
  cutAt = Infinity;

  async act(work: () => Promise<void>): Promise<void> {
    if (this.acts++ >= this.cutAt) throw new Error('cut');
    await work();
  }
}

void t.test('wherever the agent is killed, at its next start systemd has read what the drop-ins are', async (t) => {
  const both = [limitRule(all, { LimitNOFILE: '4096', OOMScoreAdjust: '500' })];
  const steps: Readonly<Record<string, (machine: FakeMachine) => readonly LimitRule[]>> = {
    'all is taken back': () => [],
    'one of several is taken back': () => [limitRule(all, { LimitNOFILE: '4096' })],
    'another is set': () => [limitRule(all, { LimitNOFILE: '8192', OOMScoreAdjust: '500' })],
    'what somebody has removed is put back': (machine) => {
      machine.dropIns.delete(osd3);
      void machine.reload();
      return both;
    },
  };
  for (const [what, step] of Object.entries(steps)) {
    let isCut = true;
    for (let cutAt = 0; isCut; cutAt++) {
      const machine = new FakeMachine(osd3, osd4);
      const state = { path: t.testdir() };
      const start = (cuts: Cuts): LimitKeeper => {
        const { written, owed, taken } = limitRecords(state);
        const cut = <T>(stored: Stored<T>): Stored<T> => ({
          read: () => stored.read(),
          write: (content) => cuts.act(() => stored.write(content)),
        });
        return new LimitKeeper(
          {
            node: () => machine.node(),
            now: () => machine.now(),
            matching: (pattern) => machine.matching(pattern),
            isAwaited: (unit) => machine.isAwaited(unit),
            isMemoryRatioSet: () => machine.isMemoryRatioSet(),
            observe: (unit) => machine.observe(unit),
            limited: () => machine.limited(),
            readDropIn: (unit) => machine.readDropIn(unit),
            writeDropIn: (unit, text) => cuts.act(() => machine.writeDropIn(unit, text)),
            reload: () => cuts.act(() => machine.reload()),
          },
          { written: cut(written), owed: cut(owed), taken: cut(taken) },
          pino({ level: 'silent' }),
        );
      };
      await start(new Cuts()).keep(both);
      const rules = step(machine);
      const cuts = new Cuts();
      cuts.cutAt = cutAt;
      isCut = await start(cuts)
        .keep(rules)
        .then(
          () => false,
          () => true,
        );
      await start(new Cuts()).keep(rules);
      t.same(machine.known, machine.dropIns, `${what}, cut at ${cutAt}`);
      t.equal(machine.dropIns.has(osd3), rules.length > 0);
      const { reloads } = machine;
      await start(new Cuts()).keep(rules);
      t.equal(machine.reloads, reloads, 'nothing is left to be done');
    }
  }
});

void t.test('a reload that failed is done at the next look, though all that was to be written is', async (t) => {
  const machine = new FakeMachine(osd3);
  const keeper = keeperOf(machine);
  await keeper.keep([limitRule(all, { MemoryMax: '200M' })]);
  machine.reloadFailure = new UvsError('SERVICE_FAILED', 'systemctl daemon-reload failed');
  t.match(await errorOf(keeper.keep([])), { reason: 'SERVICE_FAILED' });
  t.match(await errorOf(keeper.keep([])), { reason: 'SERVICE_FAILED' }, 'it is owed until it is done');
  machine.reloadFailure = undefined;
  t.same(await keeper.keep([]), []);
  t.equal(machine.kernel.get(osd3)?.get('MemoryMax'), 'none');
});
