import t from 'tap';
import { podLimitFor, podLimitIn, setsRatio } from '../../../agent/limits/osd-memory.ts';

const GIB = 1024 ** 3;

void t.test('an OSD is told its limit where that leaves what Ceph takes at the least, and nobody else is', (t) => {
  t.equal(podLimitFor('ceph-osd@3.service', 2 * GIB, false), 2 * GIB);
  t.equal(podLimitFor('ceph-osd@3.service', 1_174_405_120, false), 1_174_405_120, '896 MiB are 0.8 of it');
  t.equal(podLimitFor('ceph-osd@3.service', 1_174_405_119, false), undefined);
  t.equal(podLimitFor('ceph-osd@3.service', undefined, false), undefined);
  t.equal(podLimitFor('ceph-osd@3.service', 2 * GIB, true), undefined, 'a ratio of its own');
  t.equal(podLimitFor('ceph-mon@a.service', 2 * GIB, false), undefined);
  t.end();
});

void t.test('a ratio of ceph.conf is found however Ceph lets it be written', (t) => {
  for (const line of [
    'osd_memory_target_cgroup_limit_ratio = 0.5',
    '\tosd memory target cgroup limit ratio=0.5',
    '  osd-memory-target-cgroup-limit-ratio  =  0.5',
  ])
    t.equal(setsRatio(`[global]\nfsid = 1\n[osd]\n${line}\n`), true, line);
  for (const line of [
    '# osd_memory_target_cgroup_limit_ratio = 0.5',
    '; osd_memory_target_cgroup_limit_ratio = 0.5',
    'osd_memory_target_cgroup_limit_ratio_of_old = 0.5',
    'osd_memory_target = 2147483648',
  ])
    t.equal(setsRatio(`[osd]\n${line}\n`), false, line);
  t.end();
});

void t.test('what a process was told is read out of its environment, by the whole name', (t) => {
  t.equal(podLimitIn('A=1\0POD_MEMORY_LIMIT=5\0B=2\0'), 5);
  for (const environ of ['A=1\0', 'MY_POD_MEMORY_LIMIT=5\0', 'POD_MEMORY_LIMIT=much\0', ''])
    t.equal(podLimitIn(environ), undefined, JSON.stringify(environ));
  t.end();
});
