import t from 'tap';
import { extentOf } from '../../../../coordinator/gates/ceph/extent.ts';

const cephadm = 'ceph-1c3fa5e2-5f0c-11ee-8c99-0242ac120002';

void t.test('units that can be nothing but managers are managers, as packages and as cephadm call them', async (t) => {
  for (const unit of [
    'ceph-mgr@*.service',
    'ceph-mgr@x.service',
    'ceph-mgr.target',
    `${cephadm}@mgr.n1.abcdef.service`,
    `${cephadm}@mgr.*.service`,
  ]) {
    t.equal(extentOf([unit]), 'managers', unit);
  }
  t.equal(extentOf(['ceph-mgr@x.service', 'ceph-mgr@y.service']), 'managers');
});

void t.test('whatever else may be restarted, or may match a pattern, is the whole node', async (t) => {
  t.equal(extentOf(undefined), 'node', 'a release or a reboot');
  t.equal(extentOf([]), 'node');
  t.equal(extentOf(['ceph-mgr@*.service', 'ceph-osd@3.service']), 'node');
  // a monitor may have the id "mgr.a"
  const more = [
    'ceph-m*@*.service',
    'ceph-*@mgr.*.service',
    'ceph.target',
    'ceph-mgr-proxy.service',
    `${cephadm}@*.service`,
    `${cephadm}.target`,
  ];
  for (const unit of more) t.equal(extentOf([unit]), 'node', unit);
});
