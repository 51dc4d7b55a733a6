import t from 'tap';
import type { Said } from '../../../agent/limits/control-group.ts';
import { refusals } from '../../../agent/limits/refusals.ts';
import { limitRule, wantedLimits } from '../../../agent/limits/wanted.ts';
import type { LimitName } from '../../../common/limits/keys.ts';

const MIB = 1024 ** 2;
const node = { memoryBytes: 1000 * MIB, cpus: 4, cgroupVersion: 2 as const, mostOpenFiles: 1_048_576 };
const units = ['ceph-osd@3.service', 'ceph-osd@4.service'];
const pattern = 'ceph-osd@*.service';
const none = new Map<string, never>();

function refused(
  texts: Readonly<Record<string, string>>,
  usage = { memoryBytes: 200 * MIB, tasks: 60, openFiles: 900 },
  cgroupVersion: 1 | 2 = 2,
  said: ReadonlyMap<LimitName, Said> = new Map(),
) {
  const wanted = wantedLimits([limitRule(pattern, texts)], new Map([[pattern, units]]), node);
  return Object.fromEntries(
    refusals(wanted, new Map(units.map((unit) => [unit, { usage, said }])), { ...node, cgroupVersion }, none, none),
  );
}

void t.test('limits that the node can bear are not refused', async (t) => {
  t.same(refused({ MemoryMax: '50%', TasksMax: '60', LimitNOFILE: '1024', CPUQuota: '10%' }), {});
});

void t.test('memory that is promised twice is refused of every unit that was promised some', async (t) => {
  const why = 'MemoryMax of 2 units comes to 1020MiB, and the node has 1000MiB';
  t.same(refused({ MemoryMax: '51%' }), { [units[0] ?? '']: why, [units[1] ?? '']: why });
  t.same(refused({ MemoryMax: 'infinity' }), {});
});

void t.test('a limit below what the service uses is refused, with both numbers', async (t) => {
  t.match(Object.values(refused({ MemoryMax: '100M' })), ['MemoryMax=100MiB is below what it uses now, 200MiB']);
  t.match(Object.values(refused({ TasksMax: '59' })), ['TasksMax=59 is below what it uses now, 60']);
  t.match(Object.values(refused({ LimitNOFILE: '2048' }, { memoryBytes: 1, tasks: 1, openFiles: 3000 })), [/LimitNOFILE=2048 is below/]);
});

void t.test('a share that comes to less than a daemon can run with is refused, also of a service that is not there yet', async (t) => {
  t.same(Object.values(refused({ MemoryMax: '6%' }))[0], 'MemoryMax comes to 60MiB here, and has to be 64MiB or more');
  t.same(Object.values(refused({ CPUQuota: 'share:2%' }))[0], 'CPUQuota comes to 8% here, and has to be 10% or more');
  const wanted = wantedLimits([limitRule(pattern, { MemoryHigh: '1%' })], new Map([[pattern, units]]), node);
  t.match(refusals(wanted, new Map(), node, none, none).get(units[0] ?? ''), /^MemoryHigh comes to 10MiB here/);
  t.same(refused({ CPUQuota: 'share:3%', MemoryHigh: '7%' }), {});
});

void t.test('all that speaks against the limits of a unit is told at once', async (t) => {
  t.same(
    Object.values(refused({ MemoryMax: '100M', TasksMax: '17', CPUQuota: 'share:2%', LimitNOFILE: '2000000', CPUWeight: '50' }))[0]?.split(
      '; ',
    ),
    [
      'CPUQuota comes to 8% here, and has to be 10% or more',
      'MemoryMax=100MiB is below what it uses now, 200MiB',
      'TasksMax=17 is below what it uses now, 60',
      'LimitNOFILE=2000000 is more than any process may have here (fs.nr_open is 1048576)',
    ],
  );
  t.same(
    Object.values(refused({ MemoryMax: '51%', TasksMax: '17' }))[0],
    'TasksMax=17 is below what it uses now, 60; MemoryMax of 2 units comes to 1020MiB, and the node has 1000MiB',
    'also what would be met once that is mended',
  );
  t.same(
    Object.values(refused({ MemoryMax: '3%' }))[0],
    'MemoryMax comes to 30MiB here, and has to be 64MiB or more',
    'of one limit one thing',
  );
});

void t.test('a service that uses more than a limit that holds is not refused it', async (t) => {
  const above = { memoryBytes: 200 * MIB, tasks: 60, openFiles: 3000 };
  const said = new Map<LimitName, Said>([
    ['MemoryMax', 100 * MIB],
    ['TasksMax', 59],
    ['LimitNOFILE', 2048],
  ]);
  t.same(refused({ MemoryMax: '100M', TasksMax: '59', LimitNOFILE: '2048' }, above, 2, said), {});
  t.match(Object.values(refused({ MemoryMax: '99M' }, above, 2, said)), [/MemoryMax=99MiB is below/], 'a lower one is');
  t.same(refused({ MemoryHigh: '100M' }, above), {}, 'nothing is ended by it');
});

void t.test('what this kernel does not have is refused', async (t) => {
  t.match(Object.values(refused({ MemoryHigh: '300M' }, undefined, 1)), [/version 1, which has no MemoryHigh/]);
  t.match(Object.values(refused({ LimitNOFILE: '2000000' })), [/fs\.nr_open is 1048576/]);
});

void t.test('a service that is not loaded takes no part of the sum', async (t) => {
  const wanted = wantedLimits([limitRule(pattern, { MemoryMax: '60%' })], new Map([[pattern, units]]), node);
  const nothing = { memoryBytes: undefined, tasks: undefined, openFiles: undefined };
  t.equal(refusals(wanted, new Map([[units[0] ?? '', { usage: nothing, said: new Map() }]]), node, none, none).size, 0);
});

void t.test('what is kept by those that are refused is part of the sum, and what they were asked for is not', async (t) => {
  const [first = '', second = ''] = units;
  const rules = (a: string, b: string) => [limitRule(first, { MemoryMax: a }), limitRule(second, { MemoryMax: b })];
  const unitsOf = new Map(units.map((unit) => [unit, [unit]]));
  const idle = { memoryBytes: 100 * MIB, tasks: 1, openFiles: 1 };
  const said = new Map<LimitName, Said>([['MemoryMax', 800 * MIB]]);
  const loaded = new Map([
    [first, { usage: { ...idle, memoryBytes: 700 * MIB }, said }],
    [second, { usage: idle, said: new Map<LimitName, Said>() }],
  ]);
  const of = (
    a: string,
    b: string,
    keptOf: ReadonlyMap<string, ReadonlyMap<LimitName, number>> = none,
    failed: ReadonlyMap<string, string> = none,
  ) => Object.fromEntries(refusals(wantedLimits(rules(a, b), unitsOf, node), loaded, node, keptOf, failed));
  const below = 'MemoryMax=150MiB is below what it uses now, 700MiB';
  const tooMuch = 'MemoryMax of 2 units comes to 1.6GiB with what some of them keep, and the node has 1000MiB';
  t.same(of('150M', '800M'), { [first]: below, [second]: tooMuch }, 'by the kernel');
  t.same(of('150M', '200M'), { [first]: below });
  const kept = new Map([[first, new Map<LimitName, number>([['MemoryMax', 900 * MIB]])]]);
  t.match(of('150M', '200M', kept), { [second]: /comes to 1\.1GiB with what some of them keep/u }, 'what is put back counts');
  t.same(of('900M', 'infinity'), {}, 'nothing is promised to it');
  t.match(of('300M', '200M', kept, new Map([[first, 'it is odd']])), { [second]: /with what some of them keep/u }, 'nor is it changed');
});

void t.test('the agent, D-Bus and services of systemd itself are limited by nobody', async (t) => {
  const reserved = ['dbus.service', 'systemd-journald.service', 'uvs-agent.service'];
  const names = [...reserved, 'chrony.service', 'uvs-coordinator.service'];
  const rules = names.map((name) => limitRule(name, { CPUWeight: '1' }));
  const wanted = wantedLimits(rules, new Map(names.map((name) => [name, [name]])), node);
  const why = 'nobody limits the agent, D-Bus or services of systemd itself from afar';
  t.same(refusals(wanted, new Map(), node, none, none), new Map(reserved.map((name) => [name, why])));
});
