import { lookup } from 'node:dns/promises';
import { performance } from 'node:perf_hooks';
import t from 'tap';
import { UvsError } from '../../../../common/errors.ts';
import { EtcdMembers } from '../../../../coordinator/etcd/member-health.ts';
import { MemberPlaces } from '../../../../coordinator/etcd/member-places.ts';
import { askGates } from '../../../../coordinator/gates/ask.ts';
import { etcdGate } from '../../../../coordinator/gates/etcd/gate.ts';
import type { EtcdMember, EtcdMembership } from '../../../../coordinator/gates/etcd/members.ts';
import type { Gate, GateMoment } from '../../../../coordinator/ports.ts';
import { node } from '../../../support/domain-records.ts';
import { etcdMember } from '../../../support/etcd-members.ts';
import { startEtcd } from '../../../support/etcd.ts';
import { eventually } from '../../../support/eventually.ts';
import { gateQuestion } from '../../../support/gate-question.ts';
import { realClock } from '../../../support/real-clock.ts';

const forever = new AbortController().signal;
const demo = (number: number) => node(`demo${number}`, ['mon'], { addresses: [`10.0.0.${number}`, `127.0.0.${number}`] });

function gateOf(...members: readonly EtcdMember[]): Gate {
  return etcdGate('etcd', { members: async () => members }, 1_000);
}

void t.test('the etcd gate says yes only when every member is healthy, and names the others', async (t) => {
  const question = gateQuestion(demo(9));
  t.match(await gateOf(etcdMember(1), etcdMember(2)).ask(question, forever), {
    isYes: true,
    message: '2 of 2 etcd members are healthy, none that is known to be on demo9',
  });
  t.match(await gateOf(etcdMember(1), etcdMember(2, { isHealthy: false, message: 'no answer' })).ask(question, forever), {
    isYes: false,
    message: '1 of 2 etcd members are not healthy: e2 (no answer)',
  });
  t.match(await gateOf().ask(question, forever), { isYes: false });
});

void t.test('afterwards it says first which of the node’s own members is not back, and begun ones are no matter', async (t) => {
  const members = [etcdMember(1, { isHealthy: false, message: 'no answer' }), etcdMember(2), etcdMember(3)];
  const after = gateQuestion(demo(1), { moment: 'after', begun: [demo(2)] });
  t.match(await gateOf(...members).ask(after, forever), { isYes: false, message: 'not back on demo1: etcd member e1 (no answer)' });
  t.match(await gateOf(etcdMember(1), etcdMember(2), etcdMember(3)).ask(after, forever), { isYes: true });
});

void t.test('a plan is told what no wait will change', async (t) => {
  t.match(await gateOf(etcdMember(1)).never?.([demo(1), demo(2)], forever), [/^can never be yes: /]);
});

void t.test('an etcd that cannot be asked is a no', async (t) => {
  const asked = async (members: EtcdMembership['members'], timeoutMs: number) =>
    askGates([etcdGate('etcd', { members }, timeoutMs)], gateQuestion(demo(1)), { clock: realClock, deadlineMs: 5_000, signal: forever });
  t.match(await asked(async () => Promise.reject(new UvsError('ETCD_UNAVAILABLE', 'etcd does not answer')), 1_000), [
    { isYes: false, message: /etcd does not answer/ },
  ]);
  const hanging: EtcdMembership['members'] = (signal) =>
    new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))));
  t.match(await asked(hanging, 50), [{ isYes: false, message: /aborted/ }]);
});

void t.test('of a real etcd no second member is stopped while the first has begun, though all three still answer', async (t) => {
  await using etcd = await startEtcd({ members: 3, addresses: ['127.0.0.11', '127.0.0.12', '127.0.0.13'] });
  const places = new MemberPlaces(async (host) => (await lookup(host, { all: true })).map(({ address }) => address), 'leader', realClock);
  using members = new EtcdMembers({ endpoints: etcd.endpoints, tls: undefined, monotonicMs: () => performance.now() }, places);
  const gate = etcdGate('etcd', members, 10_000);
  const [first, second, without] = [demo(11), demo(12), demo(20)];
  const moments: readonly GateMoment[] = ['before-grant', 'before-begin'];
  for (const moment of moments) {
    t.match(await gate.ask(gateQuestion(first, { moment, begun: [without] }), forever), { isYes: true, message: /3 of 3 .*m0 on demo11$/ });
    t.match(await gate.ask(gateQuestion(second, { moment, begun: [first] }), forever), {
      isYes: false,
      message: /^demo12 carries m1 of etcd: .* only 1 of 3 etcd members would be up, 2 are needed; m0 of demo11 /,
    });
    t.match(await gate.ask(gateQuestion(without, { moment, begun: [first] }), forever), { isYes: true });
  }
  t.match(await gate.ask(gateQuestion(first, { moment: 'after', begun: [second] }), forever), { isYes: true });
  await etcd.members[0]?.kill('SIGKILL');
  await eventually('it is missed', async () => {
    const { isYes, message } = await gate
      .ask(gateQuestion(first, { moment: 'after' }), forever)
      .catch(() => ({ isYes: true, message: '' }));
    return !isYes && message.startsWith('not back on demo11: etcd member m0 (does not answer');
  });
});
