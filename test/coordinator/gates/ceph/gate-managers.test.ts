import t from 'tap';
import { UvsError } from '../../../../common/errors.ts';
import type { GateQuestion } from '../../../../coordinator/ports.ts';
import { errorOf } from '../../../support/failure.ts';
import { answerText } from './answers.ts';
import { Bench, healthOf, n1, n3, with_ } from './gate-bench.ts';

void t.test('a restart of managers alone is answered by the monitors, for the manager may hang', async (t) => {
  const hanging = () => {
    throw new UvsError('DEADLINE_EXCEEDED', 'ceph pg stat did not answer in time');
  };
  const managerless = {
    'pg stat': hanging,
    'mgr dump': '{"active_gid":0,"active_name":"","available":false,"standbys":[]}',
    'node ls': answerText('16.2.15/nodes.json').replace('"n1": ["x"],', ''),
    health: healthOf('MGR_DOWN', 'PG_DEGRADED'),
  };
  const bench = new Bench(managerless);
  const restarted = ['ceph-mgr@*.service'];
  for (const moment of ['before-grant', 'before-begin'] as const) {
    t.match(await bench.ask(moment, n1, { restarted }), { isYes: true, note: /"electionEpoch"/ }, 'no manager has to be left');
    t.match(await errorOf(bench.ask(moment, n1, { restarted: ['ceph-mgr@*.service', 'ceph-osd@*.service'] })), {
      reason: 'DEADLINE_EXCEEDED',
    });
  }
  t.notOk(
    bench.ceph.asked.some((command) => command.includes('ok-to-stop')),
    'nothing of Ceph but a manager is stopped',
  );
  t.match(await errorOf(bench.ask('after', n1, { restarted })), { reason: 'DEADLINE_EXCEEDED' }, 'afterwards one must answer');
});

void t.test('what monitors know forbids a restart of managers as it forbids everything', async (t) => {
  const restarted = ['ceph-mgr@x.service'];
  const answer = async (given: Partial<GateQuestion>, ...bench: ConstructorParameters<typeof Bench>) =>
    await new Bench(...bench).ask('before-grant', n1, { restarted, ...given });
  t.match(await answer({}, { health: healthOf('OSD_DOWN') }), { isYes: false, message: /^OSD_DOWN/ });
  t.match(await answer({}, { health: healthOf('POOL_APP_NOT_ENABLED') }), { isYes: false, message: /acknowledged neither/ });
  t.match(await answer({ acknowledged: ['POOL_APP_NOT_ENABLED'] }, { health: healthOf('POOL_APP_NOT_ENABLED') }), { isYes: true });
  const two = answerText('16.2.15/quorum.json').replace(/"quorum_names": \[[^\]]*\]/, '"quorum_names": ["a", "b"]');
  t.match(await answer({}, { quorum_status: two }), { isYes: false, message: 'not in quorum: mon.c' });
  t.match(await answer({}, {}, { greet: async () => ['b'] }), { isYes: false, message: /^mon\.b does not answer/ });
  t.match(await answer({ begun: [n3] }), { isYes: false, message: /^mon\.c, osd\.2 of a node that has begun/ });
  t.match(await answer({ othersChangedMs: 0 }), { isYes: false, message: /^another node began or ended a moment ago/ });
  const moved = with_('n1', 'mds.m', 'mgr.x', 'mon.a', 'osd.0', 'osd.1');
  t.match(await new Bench().ask('before-grant', moved, { restarted }), { isYes: false, message: /do not agree on its daemons/ });
});
