import t from 'tap';
import { isNamedBy, limitRule, wantedLimits } from '../../../agent/limits/wanted.ts';

const node = { memoryBytes: 1000 * 1024 ** 2, cpus: 4, mostOpenFiles: 1_048_576 };
const GIB = 1024 ** 3;

void t.test('a rule for one unit by its name counts before one with a pattern', async (t) => {
  const rules = [
    limitRule('ceph-osd@*.service', { MemoryMax: '50%', TasksMax: '100' }),
    limitRule('ceph-osd@3.service', { MemoryMax: '1G' }),
  ];
  const unitsOf = new Map([
    ['ceph-osd@*.service', ['ceph-osd@3.service', 'ceph-osd@4.service']],
    ['ceph-osd@3.service', ['ceph-osd@3.service']],
  ]);
  const wanted = wantedLimits(rules, unitsOf, node);
  t.same(
    wanted.map(({ unit, numbers, conflict }) => [unit, Object.fromEntries(numbers), conflict]),
    [
      ['ceph-osd@3.service', { MemoryMax: GIB, TasksMax: 100 }, ''],
      ['ceph-osd@4.service', { MemoryMax: 500 * 1024 ** 2, TasksMax: 100 }, ''],
    ],
  );
});

void t.test('no limit of open files is the most that the kernel lets any process have', async (t) => {
  const rule = limitRule('x.service', { LimitNOFILE: 'infinity', TasksMax: 'infinity' });
  const [wanted] = wantedLimits([rule], new Map([['x.service', ['x.service']]]), node);
  t.same(
    wanted?.numbers,
    new Map([
      ['LimitNOFILE', 1_048_576],
      ['TasksMax', undefined],
    ]),
  );
});

void t.test('two patterns that say different things of one unit contradict each other', async (t) => {
  const rules = [limitRule('ceph-*@3.service', { TasksMax: '50' }), limitRule('ceph-osd@*.service', { TasksMax: '100' })];
  const both = new Map(rules.map(({ pattern }) => [pattern, ['ceph-osd@3.service']]));
  t.match(wantedLimits(rules, both, node), [{ conflict: 'ceph-*@3.service and ceph-osd@*.service set different values of TasksMax' }]);
});

void t.test('a key that this agent does not know is trouble of the whole rule, and not passed over', async (t) => {
  const rule = limitRule('ceph-osd@*.service', { MemoryMax: '1G', IODeviceLatencyTargetSec: '10ms' });
  t.match(rule, { trouble: /^"IODeviceLatencyTargetSec" is no limit that UVS sets$/ });
  t.equal(rule.values.size, 0);
  const units = new Map([['ceph-osd@*.service', ['ceph-osd@3.service']]]);
  t.match(wantedLimits([rule], units, node), [{ unit: 'ceph-osd@3.service', conflict: rule.trouble }]);
});

void t.test('a pattern names units by its star alone', async (t) => {
  t.ok(isNamedBy('ceph-osd@*.service', 'ceph-osd@3.service'));
  t.ok(isNamedBy('ceph-*@osd.*.service', 'ceph-8f9d@osd.3.service'));
  t.notOk(isNamedBy('ceph-osd@*.service', 'ceph-osd@3.target'));
  t.notOk(isNamedBy('ceph-osd@*.service', 'ceph-mon@a.service'));
  t.notOk(isNamedBy('ab*ba', 'aba'), 'its ends do not overlap');
  t.ok(isNamedBy('chrony.service', 'chrony.service'));
  t.notOk(isNamedBy('chrony.service', 'xchrony.service'));
});
