import t from 'tap';
import { isCephUnit, isTemplate, unitPattern } from '../../common/unit-pattern.ts';

void t.test('what has no suffix is a service; services and targets are named, and patterns of Ceph’s instances', (t) => {
  for (const [text, unit] of [
    ['chrony', 'chrony.service'],
    ['org.example.store', 'org.example.store.service'],
    ['ceph-osd@*', 'ceph-osd@*.service'],
    ['ceph-0a1b@osd.3', 'ceph-0a1b@osd.3.service'],
    ['ceph.target', 'ceph.target'],
    ['foo.socket.service', 'foo.socket.service'],
  ] as const)
    t.equal(unitPattern(text), unit);
  t.end();
});

void t.test('what is no name, stands for many that are not Ceph’s, or is neither service nor target names nothing', (t) => {
  for (const text of [
    '',
    '.service',
    '-H.service',
    'ssh*',
    'a b',
    '../x',
    'ssh.socket',
    'system.slice',
    'init.scope',
    'fstrim.timer',
    'm2.mount',
  ])
    t.equal(unitPattern(text), undefined, text);
  t.end();
});

void t.test('daemons of Ceph are known by their names, also as cephadm has them, and templates by what they lack', (t) => {
  for (const unit of ['ceph-osd@3.service', 'ceph-0a1b@mgr.x.service', 'ceph-radosgw@*.service', 'ceph-mon.target'])
    t.ok(isCephUnit(unit), unit);
  for (const unit of ['ceph.service', 'cephalopod@1.service', 'chrony.service']) t.notOk(isCephUnit(unit), unit);
  t.ok(isTemplate('ceph-osd@.service'));
  t.notOk(isTemplate('ceph-osd@3.service'));
  t.end();
});
