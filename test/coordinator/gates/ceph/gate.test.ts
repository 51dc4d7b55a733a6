import t from 'tap';
import { UvsError } from '../../../../common/errors.ts';
import { drainPlanText } from '../../../../coordinator/gates/ceph/drain-plan.ts';
import { errorOf } from '../../../support/failure.ts';
import { answerText } from './answers.ts';
import { Bench, forever, gateway, n1, n2, n3, with_, question } from './gate-bench.ts';

void t.test('before a grant and before a begin Ceph is asked about all daemons of the node and of all that have begun', async (t) => {
  for (const moment of ['before-grant', 'before-begin'] as const) {
    const { ceph, gate } = new Bench();
    const answer = await gate.ask(question(moment, n1), forever);
    t.match(answer, { isYes: true, message: 'Ceph can spare mds.m, mgr.x, mon.a, osd.0' });
    t.match(await gate.ask(question(moment, n3, { begun: [n2] }), forever), {
      isYes: false,
      message: /^without mon\.c, mon\.b only 1 of 3 monitors would be left/,
    });
    t.same(
      ceph.asked.filter((command) => command.includes('ok-to-stop')),
      ['mon ok-to-stop a', 'mds ok-to-stop m', 'osd ok-to-stop 0', 'mon ok-to-stop c b', 'mds ok-to-stop s', 'osd ok-to-stop 2 1'],
    );
  }
});

void t.test('a node that Ceph and its agent describe differently is a no, before and after', async (t) => {
  const { gate } = new Bench();
  const moved = with_('n3', 'mon.c', 'osd.2', 'osd.1');
  t.match(await gate.ask(question('before-grant', moved), forever), { isYes: false, message: /do not agree on its daemons/ });
  t.match(await gate.ask(question('after', moved), forever), { isYes: false, message: /do not agree on its daemons/ });
});

void t.test('a node without daemons is a yes, before and after', async (t) => {
  const { gate } = new Bench();
  t.match(await gate.ask(question('before-grant', gateway), forever), { isYes: true, message: 'gateway has no Ceph daemon' });
  t.match(await gate.ask(question('after', gateway), forever), { isYes: true });
});

void t.test('12.2, which leaves the managers out of its hosts, is asked for them', async (t) => {
  const { gate, ceph } = new Bench({
    'node ls': answerText('16.2.15/nodes.json').replace(/,\s*"mgr": [^]*$/, '}'),
    'mgr metadata': '[{"id":"x","hostname":"n1"},{"id":"y","hostname":"n2"}]',
  });
  t.match(await gate.ask(question('before-grant', n1), forever), { isYes: true, message: /mgr\.x/ });
  t.ok(ceph.asked.includes('mgr metadata'));
});

void t.test('a cluster without a file system, of whose metadata servers Ceph says nothing, can spare a node', async (t) => {
  const { gate } = new Bench({ 'node ls': answerText('16.2.15/nodes-no-mds.json'), 'fs dump': '{"standbys":[],"filesystems":[]}' });
  t.match(await gate.ask(question('before-grant', with_('n4', 'osd.0')), forever), { isYes: true, message: 'Ceph can spare osd.0' });
});

void t.test('what the configuration acknowledges, and what the rollout does, is no complaint', async (t) => {
  const warnings = ['TELEMETRY_CHANGED', 'MON_CLOCK_SKEW'].map((code) => [code, { severity: 'HEALTH_WARN', summary: { message: '' } }]);
  const bench = new Bench({ health: JSON.stringify({ checks: Object.fromEntries(warnings) }) }, { acknowledged: ['TELEMETRY_CHANGED'] });
  t.match(await bench.ask('before-begin', n1), { isYes: false, message: /^MON_CLOCK_SKEW/ });
  t.match(await bench.ask('before-begin', n1, { acknowledged: ['MON_CLOCK_SKEW'] }), { isYes: true });
});

void t.test('flags that the drains of nodes have set are no complaint', async (t) => {
  const bench = new Bench({ health: answerText('16.2.15/health-noout.json'), 'osd dump': answerText('16.2.15/osds-noout.json') });
  t.match(await bench.ask('before-begin', n1), { isYes: false, message: /^OSD_FLAGS/ });
  const set = { ceph: drainPlanText({ noout: [{ name: 'n1', id: -7 }], balancer: false, autoscaled: [], failedOver: null }) };
  const drains = [{ uid: n1.uid, operation: 'op', state: 'set', set, notes: {} }] as const;
  t.match(await bench.ask('before-begin', n1, { drains }), { isYes: true });
  t.match(
    await bench.ask('before-begin', n1, { drains: [{ ...drains[0], set: { other: set.ceph } }] }),
    { isYes: false },
    "another gate's are",
  );
});

void t.test('a monitor that does not answer is a no before and after', async (t) => {
  const bench = new Bench({}, { greet: async () => ['b'] });
  t.match(await bench.ask('before-grant', n1), { isYes: false, message: /^mon\.b does not answer/ });
  t.match(await bench.ask('after', n1), { isYes: false, message: /^mon\.b does not answer/ });
});

void t.test('a metadata server that stands by is greeted where one that serves is to be stopped, and nowhere else', async (t) => {
  const greeted: string[] = [];
  const bench = new Bench(
    {},
    {
      greet: async (daemons) => {
        greeted.push(...daemons.map(({ name }) => name));
        return daemons.filter(({ name }) => name === 's').map(({ name }) => name);
      },
    },
  );
  t.match(await bench.ask('before-grant', n3), { isYes: true });
  t.notOk(greeted.includes('s'));
  t.match(await bench.ask('before-grant', n1), { isYes: false, message: /^no standby would follow mds\.m.*mds\.s does not answer$/ });
  t.ok(greeted.includes('s'));
  t.notOk(greeted.includes('m'), 'it is to be stopped anyway');
});

void t.test('a Ceph that can not be asked rejects, which is a no', async (t) => {
  const failing = () => {
    throw new UvsError('DEADLINE_EXCEEDED', 'ceph osd dump did not answer in time');
  };
  const { gate } = new Bench({ 'osd dump': failing });
  for (const moment of ['before-grant', 'before-begin', 'after'] as const) {
    t.match(await errorOf(gate.ask(question(moment, n1), forever)), { reason: 'DEADLINE_EXCEEDED' });
  }
});

void t.test('an answer is given within its time, though the program never ends', async (t) => {
  const { gate } = new Bench(
    {},
    {
      ceph: {
        ask: async (_command, signal) => await untilAborted(signal),
        askAll: async (_commands, signal) => await untilAborted(signal),
      },
      timeoutMs: 100,
    },
  );
  t.match(await errorOf(gate.ask(question('before-grant', n1), forever)), { message: /TimeoutError/ });
});

async function untilAborted(signal: AbortSignal): Promise<never> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  signal.addEventListener('abort', () => resolve(), { once: true });
  // a real program would keep the process alive
  const alive = setTimeout(() => reject(new Error('nobody has aborted it')), 10_000);
  await promise.finally(() => clearTimeout(alive));
  throw signal.reason;
}
