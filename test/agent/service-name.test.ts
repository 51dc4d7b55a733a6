import t from 'tap';
import { serviceName } from '../../agent/commands/service-name.ts';

void t.test('the services that a migration stops are named one by one: a target, or a pattern, says nothing of them', (t) => {
  t.equal(serviceName('ceph-mon@a'), 'ceph-mon@a.service');
  t.equal(serviceName('counter.service'), 'counter.service');
  for (const text of ['ceph-mon.target', 'ceph-osd@*', 'fstrim.timer', '-H', ''])
    t.throws(
      () => serviceName(text),
      { reason: 'INVALID_ARGUMENT', message: /is not the name of one service$/, hint: /ceph-osd@3,/ },
      text,
    );
  t.end();
});
