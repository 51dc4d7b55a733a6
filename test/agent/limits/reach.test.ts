import t from 'tap';
import { limitNames } from '../../../common/limits/keys.ts';
import { groupIn, strayOf } from '../../../agent/limits/reach.ts';

const group = '/system.slice/system-ceph.slice/ceph-8f9d@osd.3.service';
const bash = { pid: 7, name: 'bash' };

void t.test('a service whose processes are in its control group, or below it, is reached', async (t) => {
  t.equal(strayOf(group, { ...bash, group }, [bash], 2), undefined);
  t.equal(strayOf(group, { pid: 8, name: 'conmon', group: `${group}/supervisor` }, [], 2), undefined, 'as Podman splits it');
  t.equal(strayOf(group, undefined, [bash], 2), undefined);
});

void t.test('a main process elsewhere is named with where it is; what the kernel has of the process itself holds', async (t) => {
  const stray = strayOf(group, { pid: 8, name: 'conmon', group: '/machine.slice/libpod-conmon-1.scope' }, [], 2);
  t.equal(stray?.sentence, 'its main process 8 (conmon) is in the control group /machine.slice/libpod-conmon-1.scope');
  t.same(stray?.unreached, ['MemoryMax', 'MemoryHigh', 'CPUWeight', 'CPUQuota', 'IOWeight', 'TasksMax']);
  t.match(strayOf(group, { ...bash, group: `${group}-other` }, [], 2), { unreached: ['MemoryMax'] }, 'not below it');
});

void t.test('what a client of Docker has started is reached by no limit', async (t) => {
  const stray = strayOf(group, { ...bash, group }, [bash, { pid: 9, name: 'docker' }], 2);
  t.match(stray, { sentence: /^process 9 \(docker\)/u });
  t.same(stray?.unreached, limitNames);
});

void t.test('the control group of a process is the one by which systemd knows it', async (t) => {
  const mixed = '9:name=systemd:/system.slice/x.service\n4:memory:/system.slice\n1:cpu:/\n0::/elsewhere\n';
  t.equal(groupIn(mixed, 1), '/system.slice/x.service');
  t.equal(groupIn('0::/system.slice/x.service\n', 2), '/system.slice/x.service');
  t.equal(groupIn('', 2), undefined);
});
