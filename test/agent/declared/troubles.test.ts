import { setTimeout as delay } from 'node:timers/promises';
import pino from 'pino';
import t from 'tap';
import { KeeperLoop } from '../../../agent/declared/loop.ts';
import { TroubleLog } from '../../../agent/declared/troubles.ts';
import { keptLimits } from '../../../agent/limits/kept-limits.ts';
import { keptSettings } from '../../../agent/settings/kept-settings.ts';
import { eventually } from '../../support/eventually.ts';
import { FakeMachine, keeperOf } from '../../support/limited-machine.ts';

const MIB = 1024 ** 2;
const osd3 = 'ceph-osd@3.service';

/** A log, and the lines in it: level, message, and the rest. */
function heard() {
  const lines: string[] = [];
  const log = pino(
    { base: null, timestamp: false, formatters: { level: (label) => ({ level: label }) } },
    { write: (line) => lines.push(line) },
  );
  const take = () => lines.splice(0).map((line): unknown => JSON.parse(line));
  return { log, take };
}

void t.test('what is refused or not in force is a warning when it comes, and no more at each look', async (t) => {
  const { log, take } = heard();
  const troubles = new TroubleLog('limits', log);
  const refused = (bytes: string, more = '') => [{ name: osd3, state: 'refused', message: `it uses ${bytes}${more}` }];
  troubles.note([
    ...refused('150MiB'),
    { name: 'x', state: 'in-force', message: '' },
    { name: 'y', state: 'from-next-start', message: '' },
  ]);
  t.same(take(), [{ level: 'warn', what: 'limits', name: osd3, why: 'it uses 150MiB', msg: 'what the cluster declares is refused' }]);
  troubles.note(refused('150.5MiB'));
  t.same(take(), [], 'it uses a bit more');
  troubles.note(refused('150.5MiB', '; and is a template'));
  t.match(take(), [{ why: 'it uses 150.5MiB; and is a template' }], 'another reason');
  troubles.note([{ name: osd3, state: 'unmet', message: 'it is masked' }]);
  t.match(take(), [{ level: 'warn', msg: 'what the cluster declares is not in force' }]);
  troubles.note([{ name: osd3, state: 'in-force', message: '' }]);
  t.same(take(), []);
  troubles.note([{ name: osd3, state: 'unmet', message: 'it is masked' }]);
  t.match(take(), [{ why: 'it is masked' }], 'it has come again');
});

void t.test('the log has once whose limits were written, put back or taken back, and nothing of what is only asked', async (t) => {
  const { log, take } = heard();
  const machine = new FakeMachine(osd3);
  const keeper = keeperOf(machine, {}, log);
  const { keep } = keptLimits({ path: t.testdir() }, keeper, log);
  if (typeof keep === 'string') throw new Error(keep);
  const look = async (...values: readonly Readonly<Record<string, string>>[]) =>
    await keep({ hash: '', rules: values.map((each) => ({ unit: osd3, values: each })) });
  const limits = { MemoryMax: '200M', TasksMax: 'infinity' };
  await look(limits);
  t.same(take(), [
    { level: 'info', unit: osd3, limits: ['MemoryMax=209715200', 'TasksMax=infinity'], msg: 'limits of a unit were written' },
  ]);
  await look(limits);
  t.same(take(), [], 'nothing is otherwise');
  machine.dropIns.clear();
  await look(limits);
  t.match(take(), [{ level: 'warn', unit: osd3, msg: 'limits that somebody had changed were put back' }]);
  machine.memoryBytes = 150 * MIB;
  await look({ MemoryMax: '100M' });
  t.match(take(), [{ level: 'warn', name: osd3, why: /^MemoryMax=100MiB is below/u }]);
  await keeper.foresee([]);
  t.same(take(), []);
  await look();
  t.match(take(), [{ level: 'info', unit: osd3, msg: 'limits of a unit were taken back' }]);
});

void t.test('the log has once which settings are declared otherwise, and which are refused', async (t) => {
  const { log, take } = heard();
  const path = t.testdir();
  const kept: string[][] = [];
  const keeper = {
    keep: async (values: Readonly<Record<string, string>>) => {
      kept.push(Object.keys(values));
      const message = 'there is no time zone Mars';
      return { settings: [{ name: 'time-zone', value: 'Mars', state: 'refused' as const, message, mended: [] }], clock: undefined };
    },
  };
  const loop = () =>
    new KeeperLoop(
      keptSettings({ path }, keeper, () => undefined, log),
      {
        isBusy: () => false,
        onReport: () => undefined,
        onMended: () => undefined,
        everyMs: 20,
        busyMs: 5,
        slowMs: 30_000,
        log,
      },
    );
  {
    using first = loop();
    await first.start();
    await first.take({ hash: 'a'.repeat(64), values: { 'time-zone': 'Mars', 'sysctl.vm.swappiness': '10' } });
    await eventually('it was looked at twice', async () => kept.length > 1);
    t.same(take(), [
      {
        level: 'info',
        what: 'settings',
        set: { 'time-zone': 'Mars', 'sysctl.vm.swappiness': '10' },
        takenBack: [],
        msg: 'the cluster declares something else',
      },
      {
        level: 'warn',
        what: 'settings',
        name: 'time-zone',
        why: 'there is no time zone Mars',
        msg: 'what the cluster declares is refused',
      },
    ]);
    await first.take({ hash: 'b'.repeat(64), values: { 'time-zone': 'Mars' } });
    const [declared, ...more] = take();
    t.match(declared, { level: 'info', takenBack: ['sysctl.vm.swappiness'] });
    t.match(JSON.stringify(declared), '"set":{}', 'and nothing is set');
    t.same(more, []);
  }
  using second = loop();
  await second.start();
  await second.take({ hash: 'b'.repeat(64), values: { 'time-zone': 'Mars' } });
  await delay(60);
  t.match(take(), [{ level: 'warn', name: 'time-zone' }], 'at the start of an agent the same is no news, but for what is wrong');
});
