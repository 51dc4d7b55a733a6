import t from 'tap';
import { UvsError } from '../../../../common/errors.ts';
import { CephGate, type CephGateOptions } from '../../../../coordinator/gates/ceph/gate.ts';
import { drainPlanText } from '../../../../coordinator/gates/ceph/drain-plan.ts';
import type { GateAnswer, GateQuestion } from '../../../../coordinator/ports.ts';
import { facts, node } from '../../../support/domain-records.ts';
import { errorOf } from '../../../support/failure.ts';
import { answerText, output, ScriptedCeph, type Scripted } from './answers.ts';

const forever = new AbortController().signal;
const with_ = (hostname: string, ...daemons: readonly string[]) => node(hostname, ['osd'], { facts: facts({ daemons }) });
const n1 = with_('n1', 'mds.m', 'mgr.x', 'mon.a', 'osd.0');
const n2 = with_('n2', 'mds.s', 'mgr.y', 'mon.b', 'osd.1');
const n3 = with_('n3', 'mon.c', 'osd.2');
const gateway = node('gateway', ['rgw']);

const LONG_AGO = -1_000_000;

function question(moment: GateQuestion['moment'], about: GateQuestion['node'], given: Partial<GateQuestion> = {}): GateQuestion {
  return {
    moment,
    node: about,
    begun: [],
    drains: [],
    acknowledged: [],
    restarted: undefined,
    begunMark: '',
    changedMs: LONG_AGO,
    othersChangedMs: LONG_AGO,
    hasEnded: true,
    leadingSinceMs: LONG_AGO,
    ...given,
  };
}

class Bench {
  readonly ceph: ScriptedCeph;
  readonly gate: CephGate;
  nowMs = 0;

  constructor(more: Readonly<Record<string, Scripted>> = {}, options: Partial<CephGateOptions> = {}) {
    this.ceph = new ScriptedCeph(more);
    this.gate = new CephGate({
      name: 'ceph',
      ceph: this.ceph,
      greet: async () => [],
      clock: { monotonicMs: () => this.nowMs, wallMs: () => 0 },
      timeoutMs: 5_000,
      soakMs: 10_000,
      noticeMs: 30_000,
      acknowledged: [],
      ...options,
    });
  }

  ask(...given: Parameters<typeof question>): Promise<GateAnswer> {
    return this.gate.ask(question(...given), forever);
  }

  /** From its begin until the gate says that it is back. */
  async throughStep(about: GateQuestion['node'], given: Partial<GateQuestion> = {}): Promise<void> {
    await this.ask('before-begin', about, given);
    await this.ask('after', about, given);
    this.nowMs += 30_000;
    const { isYes, message } = await this.ask('after', about, given);
    if (!isYes) throw new Error(message);
  }
}

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

void t.test('what another node began or ended counts for as long as Ceph may not have noticed', async (t) => {
  const bench = new Bench();
  t.match(await bench.ask('before-grant', n1, { othersChangedMs: -10_000 }), {
    isYes: false,
    message: 'another node began or ended a moment ago, which Ceph may not have noticed yet: 20 s more',
  });
  bench.nowMs = 20_000;
  t.match(await bench.ask('before-grant', n1, { othersChangedMs: -10_000 }), { isYes: true });
});

void t.test('a node that was found to be back is no change to wait for', async (t) => {
  const bench = new Bench();
  await bench.throughStep(n1);
  const freed = { othersChangedMs: bench.nowMs };
  t.match(await bench.ask('before-grant', n2, freed), { isYes: true });
  t.match(await bench.ask('before-begin', n2, freed), { isYes: true });
  t.match(await bench.ask('before-begin', n2, freed), { isYes: true }, 'also when it has to ask again');
  t.match(
    await bench.ask('before-grant', n3, freed),
    { isYes: false },
    'n2 began meanwhile, and vanished from the ledger without evidence',
  );
});

void t.test('who was told that it may begin while another was found to be back is a change to wait for', async (t) => {
  const bench = new Bench();
  await bench.ask('before-begin', n1);
  await bench.ask('after', n1);
  t.match(await bench.ask('before-begin', n2), { isYes: true });
  bench.nowMs += 30_000;
  t.match(await bench.ask('after', n1), { isYes: true });
  const freed = { othersChangedMs: bench.nowMs };
  t.match(await bench.ask('before-grant', n3, freed), { isYes: false }, 'n2 began, and vanished from the ledger without evidence');
  t.match(await bench.ask('before-grant', n2, freed), { isYes: true });
  await bench.throughStep(n2);
  t.match(await bench.ask('before-grant', n3, { othersChangedMs: bench.nowMs }), { isYes: true });
});

void t.test('nor is it one if another began meanwhile, or in the term of another leader', async (t) => {
  const bench = new Bench();
  await bench.throughStep(n1, { begunMark: 'uid-n9@7:begun' });
  t.match(await bench.ask('before-grant', n2, { othersChangedMs: bench.nowMs }), { isYes: false }, 'n9 has ended since');
  await bench.throughStep(n1);
  bench.nowMs += 1;
  t.match(await bench.ask('before-grant', n2, { othersChangedMs: bench.nowMs, leadingSinceMs: bench.nowMs }), { isYes: false });
});

void t.test('a node is back after a soak in which all was well', async (t) => {
  const bench = new Bench();
  const { note } = await bench.ask('before-begin', n3);
  const drains = [{ uid: n3.uid, operation: 'op', state: 'set', set: {}, notes: { ceph: note ?? '' } }] as const;
  const { answers } = bench.ceph;
  answers.set('osd dump', answerText('16.2.15/osds.json').replace('"up_from": 7', '"up_from": 19'));
  answers.set('quorum_status', answerText('16.2.15/quorum.json').replace('"election_epoch": 8', '"election_epoch": 12'));
  const after = async () => await bench.ask('after', n3, { drains });
  t.match(await after(), { isYes: false, message: 'mon.c, osd.2 back; must stay so for 10 s more' });
  bench.nowMs = 9_000;
  answers.set('pg stat', answerText('16.2.15/pgs-osd-down.json'));
  t.match(await after(), { isYes: false, message: /placement groups are not active\+clean/ });
  answers.set('pg stat', answerText('16.2.15/pgs.json'));
  bench.nowMs = 11_000;
  t.match(await after(), { isYes: false, message: /must stay so for 10 s more/ }, 'a relapse begins the soak anew');
  bench.nowMs = 13_000;
  answers.set('health', () => {
    throw new UvsError('DEADLINE_EXCEEDED', 'ceph health did not answer in time');
  });
  t.match(await errorOf(after()), { reason: 'DEADLINE_EXCEEDED' });
  answers.set('health', answerText('16.2.15/health.json'));
  bench.nowMs = 14_000;
  t.match(await after(), { isYes: false, message: /must stay so for 10 s more/ }, 'and so does a time in which nobody could look');
  bench.nowMs = 24_000;
  t.match(await after(), { isYes: true, message: 'mon.c, osd.2 back, and well for 10 s' });
});

void t.test('daemons of which nothing shows that they have started anew are waited for until Ceph must have noticed', async (t) => {
  const bench = new Bench();
  const { note } = await bench.ask('before-begin', n3);
  const drains = [{ uid: n3.uid, operation: 'op', state: 'set', set: {}, notes: { ceph: note ?? '' } }] as const;
  t.match(await bench.ask('after', n3, { drains }), {
    isYes: false,
    message: /nothing shows that mon\.c, osd\.2 has started anew.*: 30 s more/,
  });
  bench.nowMs = 29_000;
  t.match(await bench.ask('after', n3, { drains }), { isYes: false, message: /: 1 s more/ });
  bench.nowMs = 30_000;
  t.match(await bench.ask('after', n3, { drains }), { isYes: true });
  t.match(await bench.ask('after', n3, { drains }), { isYes: false }, 'the next time it is waited for again');
});

void t.test('what was watched in an earlier term counts for nothing', async (t) => {
  const bench = new Bench();
  await bench.ask('after', n3);
  bench.nowMs = 60_000;
  t.match(await bench.ask('after', n3, { leadingSinceMs: 50_000 }), { isYes: false, message: /: 30 s more/ });
});

void t.test('a daemon that the node had at its beginning must be back, also if nobody knows it any more', async (t) => {
  const bench = new Bench();
  const { note } = await bench.ask('before-begin', n3);
  const drains = [{ uid: n3.uid, operation: 'op', state: 'set', set: {}, notes: { ceph: note ?? '' } }] as const;
  bench.ceph.answers.set('node ls', answerText('16.2.15/nodes.json').replace(/"n3": \[\s*2\s*\]/, '"n3": []'));
  bench.ceph.answers.set('osd dump', answerText('16.2.15/osds.json').replace('"osd": 2', '"osd": 22'));
  t.match(await bench.ask('after', with_('n3', 'mon.c'), { drains }), { isYes: false, message: 'not back: osd.2' });
});

void t.test('of a large cluster a plan looks at some nodes, and at all where they are few', async (t) => {
  const names = (number: number) => Array.from({ length: number }, (_, id) => `osd.${id}`);
  const asked = async (number: number): Promise<readonly string[]> => {
    const osds = names(number).map((_, id) => ({ osd: id, up: 1, in: 1, up_from: 5, state: ['exists', 'up'] }));
    const osd = Object.fromEntries(names(number).map((_, id) => [`s${id}`, [id]]));
    const bench = new Bench({ 'osd dump': osdDumpWith(...osds), 'node ls': JSON.stringify({ mon: {}, osd, mds: {}, mgr: {} }) });
    await bench.gate.never(
      names(number).map((name, id) => with_(`s${id}`, name)),
      forever,
    );
    return bench.ceph.asked.filter((command) => command.startsWith('osd ok-to-stop'));
  };
  t.equal((await asked(16)).length, 16);
  t.equal((await asked(17)).length, 16);
  t.same((await asked(1_600)).slice(0, 3), ['osd ok-to-stop 0', 'osd ok-to-stop 100', 'osd ok-to-stop 200']);
});

void t.test('an OSD that was out of service when the node began is not waited for, and one that fell out since is', async (t) => {
  const nodes = answerText('16.2.15/nodes.json').replace(/"n3": \[\s*2\s*\]/, '"n3": [2, 3]');
  const dead = (id: number, state: string, up = 0, isIn = 0) => ({ osd: id, up, in: isIn, up_from: 5, state: ['exists', state] });
  for (const [state, daemons] of [
    ['autoout', ['mon.c', 'osd.2', 'osd.3']],
    ['destroyed', ['mon.c', 'osd.2']],
  ] as const) {
    const bench = new Bench({ 'node ls': nodes, 'osd dump': osdDumpWith(dead(3, state)) });
    const about = with_('n3', ...daemons);
    const { isYes, message, note } = await bench.ask('before-begin', about);
    t.match({ isYes, message }, { isYes: true, message: 'Ceph can spare mon.c, osd.2' }, state);
    const drains = [{ uid: about.uid, operation: 'op', state: 'set', set: {}, notes: { ceph: note ?? '' } }] as const;
    await bench.ask('after', about, { drains });
    bench.nowMs = 30_000;
    t.match(await bench.ask('after', about, { drains }), { isYes: true, message: /^mon\.c, osd\.2 back/ }, state);
    bench.ceph.answers.set('osd dump', osdDumpWith(dead(3, state), dead(2, 'autoout')));
    t.match(
      await bench.ask('after', about, { drains }),
      { isYes: false, message: 'not back: osd.2' },
      'it was in service at the beginning',
    );
  }
});

void t.test('an OSD that is up, and one that is missed, is in service', async (t) => {
  const ofCeph = with_('n3', 'mon.c');
  for (const [up, isIn] of [
    [1, 0],
    [0, 1],
  ] as const) {
    const bench = new Bench({ 'osd dump': osdDumpWith({ osd: 2, up, in: isIn, up_from: 7, state: ['exists'] }) });
    t.match(await bench.ask('before-grant', ofCeph), { isYes: false, message: /do not agree/ }, `up ${up}, in ${isIn}`);
  }
});

void t.test('a plan is told what no waiting will change', async (t) => {
  const strict = answerText('16.2.15/osds.json').replace('"min_size": 2', '"min_size": 3');
  const losing = output('{"ok_to_stop":false,"osds":[2],"bad_become_inactive":["1.0","1.7"]}', { code: 16, remark: 'unsafe' });
  const { gate } = new Bench({ 'osd dump': strict, 'osd ok-to-stop 2': losing });
  const never = [/^can never be yes: pool data \(size 3, min_size 3\)/];
  t.match(await gate.never([n1, n3], forever), never);
  t.same(await gate.never([n1, n2], forever), [], 'of which these hold nothing');
  t.match(await gate.ask(question('before-grant', n3), forever), { isYes: false, message: never[0] });
  const moving = answerText('16.2.15/pgs-osd-down.json');
  t.same(
    await new Bench({ 'osd ok-to-stop 2': losing, 'pg stat': moving }).gate.never([n3], forever),
    [],
    'it might be different tomorrow',
  );
  t.same(await gate.never([gateway], forever), []);
  const { monmap, ...rest } = JSON.parse(answerText('16.2.15/quorum.json'));
  const few = new Bench({ quorum_status: JSON.stringify({ ...rest, monmap: { ...monmap, mons: monmap.mons.slice(1) } }) }).gate;
  t.match(await few.never([n1, n3], forever), [/^can never be yes: the cluster has two monitors: none can be stopped/]);
  t.same(await few.never([with_('n6', 'osd.2')], forever), [], 'which is nothing to nodes without one');
  t.same(await new Bench().gate.never([n1, n2, n3], forever), []);
});

async function untilAborted(signal: AbortSignal): Promise<never> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  signal.addEventListener('abort', () => resolve(), { once: true });
  // a real program would keep the process alive
  const alive = setTimeout(() => reject(new Error('nobody has aborted it')), 10_000);
  await promise.finally(() => clearTimeout(alive));
  throw signal.reason;
}

void t.test('a node that is judged before its operation is over is watched anew from its end, and settles nothing', async (t) => {
  const bench = new Bench();
  await bench.throughStep(n1, { hasEnded: false });
  t.match(await bench.ask('after', n1, { hasEnded: false }), { isYes: true }, 'as often as it asks');
  t.match(await bench.ask('before-grant', n2, { othersChangedMs: bench.nowMs }), { isYes: false }, 'it may go back yet');
  t.match(await bench.ask('after', n1), { isYes: false, message: /: 30 s more/ }, 'what it did since, Ceph may not have noticed');
  bench.nowMs += 30_000;
  t.match(await bench.ask('after', n1), { isYes: true });
});

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

/** The map of the fixtures with these OSDs in place of its own, or beside them. */
function osdDumpWith(
  ...osds: readonly {
    readonly osd: number;
    readonly up: number;
    readonly in: number;
    readonly up_from: number;
    readonly state: readonly string[];
  }[]
): string {
  const dump: { osds: { osd: number }[] } = JSON.parse(answerText('16.2.15/osds.json'));
  const kept = dump.osds.filter(({ osd }) => !osds.some((other) => other.osd === osd));
  return JSON.stringify({ ...dump, osds: [...kept, ...osds] });
}

function healthOf(...codes: readonly string[]): string {
  const checks = codes.map((code) => [code, { severity: 'HEALTH_WARN', summary: { message: '' } }]);
  return JSON.stringify({ checks: Object.fromEntries(checks) });
}
