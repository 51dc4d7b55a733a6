import t from 'tap';
import { expectedOf, filesOf, isWeightOfBfq, saidOf } from '../../../agent/limits/control-group.ts';

const texts = (files: Readonly<Record<string, string>>): ReadonlyMap<string, string> => new Map(Object.entries(files));

void t.test('what a control group of version 1 says is read in the unit of the limit', async (t) => {
  t.equal(saidOf('MemoryMax', 1, texts({ 'memory.limit_in_bytes': '104857600\n' })), 104_857_600);
  t.equal(saidOf('MemoryMax', 1, texts({ 'memory.limit_in_bytes': '9223372036854771712\n' })), 'none');
  t.equal(saidOf('CPUQuota', 1, texts({ 'cpu.cfs_quota_us': '150000\n', 'cpu.cfs_period_us': '100000\n' })), 150);
  t.equal(saidOf('CPUQuota', 1, texts({ 'cpu.cfs_quota_us': '-1\n', 'cpu.cfs_period_us': '100000\n' })), 'none');
  t.equal(saidOf('TasksMax', 1, texts({ 'pids.max': 'max\n' })), 'none');
  t.equal(saidOf('CPUWeight', 1, texts({})), undefined, 'the controller is not in use');
  t.same(filesOf('MemoryHigh', 1), [], 'there is no such limit');
});

void t.test('the same of version 2', async (t) => {
  t.equal(saidOf('MemoryMax', 2, texts({ 'memory.max': 'max\n' })), 'none');
  t.equal(saidOf('MemoryHigh', 2, texts({ 'memory.high': '67108864\n' })), 67_108_864);
  t.equal(saidOf('CPUQuota', 2, texts({ 'cpu.max': '150000 100000\n' })), 150);
  t.equal(saidOf('CPUQuota', 2, texts({ 'cpu.max': 'max 100000\n' })), 'none');
  t.equal(saidOf('CPUWeight', 2, texts({ 'cpu.weight': '50\n' })), 50);
  t.equal(saidOf('IOWeight', 2, texts({ 'io.weight': 'default 200\n8:16 300\n' })), 200);
  t.equal(saidOf('TasksMax', 2, texts({ 'pids.max': '77\n' })), 77);
  t.equal(saidOf('MemoryMax', 2, texts({ 'memory.max': 'much\n' })), undefined);
});

// as systemd 252 wrote them on a machine of each version
void t.test('weights are expected on the scale that the kernel has them on', async (t) => {
  t.same(expectedOf('CPUWeight', 1, 50, false), [512]);
  t.same(expectedOf('IOWeight', 1, 200, true), [181]);
  t.same(expectedOf('IOWeight', 1, 50, false), [250]);
  t.same(expectedOf('CPUWeight', 2, 50, false), [50]);
  t.same(expectedOf('IOWeight', 2, 200, false), [200]);
  t.same(expectedOf('TasksMax', 2, undefined, false), ['none']);
});

void t.test('where a kernel has the weight of the BFQ scheduler beside its own, its own is read', async (t) => {
  const both = texts({ 'io.weight': 'default 200\n', 'io.bfq.weight': 'default 109\n' });
  t.same([saidOf('IOWeight', 2, both), isWeightOfBfq(2, both)], [200, false]);
  const bfq = texts({ 'blkio.bfq.weight': '181\n' });
  t.same([saidOf('IOWeight', 1, bfq), isWeightOfBfq(1, bfq)], [181, true]);
});

void t.test('a limit of memory is what the kernel makes of it in whole pages, whatever their size', async (t) => {
  const odd = 3 * 65_536 + 3 * 16_384 + 2 * 4096 + 5;
  const expected = expectedOf('MemoryMax', 2, odd, false);
  for (const said of [odd - 5, odd - 5 - 2 * 4096, 3 * 65_536]) t.ok(expected.includes(said), String(said));
  t.notOk(expected.includes(2 * 65_536));
  t.notOk(expected.includes(odd + 4096));
});
