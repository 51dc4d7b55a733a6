import t from 'tap';
import { UvsError } from '../../../../common/errors.ts';
import { cephDrain } from '../../../../coordinator/gates/ceph/drain.ts';
import { drainPlanFrom, drainPlanText, planDrain, type DrainPlan } from '../../../../coordinator/gates/ceph/drain-plan.ts';
import { pause } from '../../../../coordinator/state/pause.ts';
import { facts, node } from '../../../support/domain-records.ts';
import { errorOf } from '../../../support/failure.ts';
import { answerText, output, ScriptedCeph, type Scripted } from './answers.ts';
import { SettableCeph } from './settable-ceph.ts';
import { wellState } from './well-state.ts';

const forever = new AbortController().signal;
const n1 = node('n1', ['mon'], { facts: facts({ daemons: ['mds.m', 'mgr.x', 'mon.a', 'osd.0'] }) });
const n3 = node('n3', ['mon'], { facts: facts({ daemons: ['mon.c', 'osd.2'] }) });
const nothing: DrainPlan = { noout: [], balancer: false, autoscaled: [], failedOver: null };
const onN1 = { name: 'n1', id: -7 };
const onN3 = { name: 'n3', id: -3 };
const data = { name: 'data', id: 1 };
const autoscaling = answerText('16.2.15/osds.json').replace('"pg_autoscale_mode": "off"', '"pg_autoscale_mode": "on"');
const nooutOnN1 = answerText('16.2.15/osds-noout.json');
const otherManager = answerText('16.2.15/managers.json')
  .replace('"name": "y"', '"name": "x"')
  .replace('"active_name": "x"', '"active_name": "y"');
const otherAlone = '{"active_gid":1,"active_name":"y","available":true,"standbys":[]}';

function drain(more: Readonly<Record<string, Scripted>> = {}) {
  const ceph = new ScriptedCeph(more);
  return { ceph, drain: cephDrain(ceph), changes: () => ceph.asked.filter((command) => !READS.test(command)) };
}
const NOAUTOSCALE = 'config get mgr mgr/pg_autoscaler/noautoscale';
const READS = new RegExp(`^(node ls|osd dump|osd tree|balancer status|mgr dump|pg stat|${NOAUTOSCALE})$`);

async function planned(
  of: typeof n1,
  more: Readonly<Record<string, Scripted>> = {},
  others: readonly DrainPlan[] = [],
  restarted?: readonly string[],
) {
  const { drain: it, changes } = drain(more);
  const text = await it.plan({ node: of, restarted, others: others.map(drainPlanText) }, forever);
  if (changes().length > 0) throw new Error(`a plan changes nothing, this one did: ${changes().join('; ')}`);
  return text === undefined ? undefined : drainPlanFrom(text);
}

void t.test('a plan sets noout on the host, pauses balancer and autoscaler, and lets an active manager hand over', async (t) => {
  t.same(await planned(n1, { 'osd dump': autoscaling }), { noout: [onN1], balancer: true, autoscaled: [data], failedOver: 'x' });
  t.same(await planned(n3), { noout: [onN3], balancer: true, autoscaled: [], failedOver: null });
});

void t.test('what others have set already is in no plan, so that nobody takes it back', async (t) => {
  const everywhere = answerText('16.2.15/osds.json').replace('"flags": "sort', '"flags": "noout,sort');
  t.equal((await planned(n3, { 'osd dump': everywhere }))?.noout.length, 0, 'noout for the whole cluster');
  t.same((await planned(n1, { 'osd dump': nooutOnN1 }))?.noout, [], 'noout on the host');
  t.equal((await planned(n3, { 'balancer status': '{"active":false,"mode":"upmap"}' }))?.balancer, false);
  t.equal((await planned(n3, { 'balancer status': '{"active":true,"mode":"none"}' }))?.balancer, false);
  t.equal(await planned(node('gateway', ['rgw']), {}), undefined, 'a node without daemons');
});

void t.test('what UVS has set for another node is set for this one too', async (t) => {
  const paused = { 'balancer status': '{"active":false,"mode":"upmap"}' };
  const other: DrainPlan = { ...nothing, noout: [onN1], balancer: true, autoscaled: [data, { name: 'gone', id: 9 }] };
  t.same(await planned(n3, paused, [other]), { noout: [onN3], balancer: true, autoscaled: [data], failedOver: null });
  t.same((await planned(n1, { ...paused, 'osd dump': nooutOnN1 }, [other]))?.noout, [onN1]);
});

void t.test('a release without the balancer has none to pause', async (t) => {
  for (const code of [22, 95]) t.equal((await planned(n3, { 'balancer status': output('', { code }) }))?.balancer, false);
  t.match(await errorOf(planned(n3, { 'balancer status': output('', { code: 13, remark: 'access denied' }) })), {
    reason: 'PERMISSION_DENIED',
  });
});

void t.test('a host that holds the OSDs of others too, and one before 14.2, gets flags for its OSDs alone', async (t) => {
  const { osdMap, managers } = wellState();
  const situation = { daemons: ['osd.0'], osdMap, managers, isBalancing: false, others: [] };
  const plan = (crush: Record<string, string[]>, hasGroupFlags = true) =>
    planDrain({
      ...situation,
      osdMap: { ...osdMap, hasGroupFlags },
      crushHosts: Object.entries(crush).map(([name, osds], index) => ({ id: -1 - index, name, osds })),
    }).noout;
  t.same(plan({ rack1: ['osd.0', 'osd.1'] }), [{ name: 'osd.0' }]);
  t.same(plan({ n1: ['osd.0'] }, false), [{ name: 'osd.0' }]);
  t.same(plan({ n1: ['osd.0'], empty: [] }), [{ name: 'n1', id: -1 }]);
});

void t.test('a CRUSH host whose name Ceph would take for an OSD, or for all, gets flags for its OSDs alone', async (t) => {
  const { osdMap, managers } = wellState();
  for (const host of ['7', 'all', 'any', '*', 'osd.1', '-x']) {
    const crushHosts = [{ id: -1, name: host, osds: ['osd.0'] }];
    const plan = planDrain({ daemons: ['osd.0'], osdMap, managers, isBalancing: false, others: [], crushHosts });
    t.same(plan.noout, [{ name: 'osd.0' }], host);
  }
});

void t.test('a pool whose name would be taken for an option is left alone', async (t) => {
  const { osdMap, managers } = wellState();
  const pools = [{ id: 1, name: '--help', size: 3, minSize: 2, autoscale: 'on' }];
  const plan = planDrain({
    daemons: ['osd.0'],
    osdMap: { ...osdMap, pools },
    managers,
    isBalancing: false,
    others: [],
    crushHosts: [],
  });
  t.same(plan.autoscaled, []);
});

void t.test(
  'applying sets all of it, and waits until another manager knows the placement groups and the first one stands by',
  async (t) => {
    const dumps = [answerText('16.2.15/managers.json'), otherAlone, otherManager];
    const done = { 'osd set-group noout n1': '', 'mgr fail x': '', 'balancer off': '', 'osd pool set data pg_autoscale_mode off': '' };
    const stats = [answerText('16.2.15/pgs.json').replace('active+clean', 'unknown'), answerText('16.2.15/pgs.json')];
    const { drain: it, changes } = drain({
      ...done,
      'osd dump': autoscaling,
      'mgr dump': () => output(dumps.shift() ?? otherManager),
      'pg stat': () => output(stats.shift() ?? ''),
    });
    await it.apply(drainPlanText({ noout: [onN1], balancer: true, autoscaled: [data], failedOver: 'x' }), forever);
    t.same(changes(), ['osd set-group noout n1', 'osd pool set data pg_autoscale_mode off', 'balancer off', 'mgr fail x']);
    t.equal(stats.length + dumps.length, 0, 'asked until all was so');
  },
);

void t.test('a manager that has handed over already is not failed again', async (t) => {
  const { drain: it, changes } = drain({ 'mgr dump': otherManager });
  await it.apply(drainPlanText({ ...nothing, failedOver: 'x' }), forever);
  t.same(changes(), []);
});

void t.test('where nobody takes over, the wait ends with the deadline', async (t) => {
  const { drain: it } = drain({ 'mgr fail x': '' });
  const late = it.apply(drainPlanText({ ...nothing, failedOver: 'x' }), AbortSignal.timeout(100));
  t.match(await errorOf(late), {
    reason: 'DEADLINE_EXCEEDED',
    message: 'mgr.x was to hand over, and no other manager has taken over from it in time',
  });
  const gone = drain({ 'mgr dump': otherAlone }).drain;
  const alone = gone.apply(drainPlanText({ ...nothing, failedOver: 'x' }), AbortSignal.timeout(100));
  t.match(await errorOf(alone), { reason: 'DEADLINE_EXCEEDED', message: 'mgr.x was to hand over, and it does not stand by again in time' });
});

void t.test('a manager that nobody can take over from is not failed: it would only take over from itself', async (t) => {
  const { drain: it, changes } = drain({ 'mgr dump': otherAlone });
  const alone = it.apply(drainPlanText({ ...nothing, failedOver: 'y' }), AbortSignal.timeout(100));
  t.match(await errorOf(alone), { reason: 'DEADLINE_EXCEEDED', message: /no other manager has taken over/ });
  t.same(changes(), []);
});

void t.test('restoring takes back what is still so, and nothing twice', async (t) => {
  const ceph = new SettableCeph({ 'balancer status': '{"active":false,"mode":"upmap"}' });
  const [host, pool] = [ceph.hosts.get(-7), ceph.pools.get(1)];
  if (host === undefined || pool === undefined) throw new Error('the fixture has both');
  const it = cephDrain(ceph);
  const mine = drainPlanText({ noout: [onN1], balancer: true, autoscaled: [data, { name: 'removed', id: 7 }], failedOver: 'x' });
  const isSet = (): void => {
    host.hasNoout = true;
    pool.autoscale = 'off';
  };
  isSet();
  await it.restore(mine, [], forever);
  t.same(ceph.changes, ['osd unset-group noout n1', 'osd pool set data pg_autoscale_mode on']);
  t.equal(ceph.asked.filter((command) => command === 'balancer on').length, 1);
  ceph.answers.set('balancer status', answerText('16.2.15/balancer.json'));
  ceph.asked.length = 0;
  await it.restore(mine, [], forever);
  t.same([...ceph.changes, ...ceph.asked.filter((command) => command === 'balancer on')], [], 'a second time');
  isSet();
  await it.restore(mine, [drainPlanText({ noout: [onN3], balancer: true, autoscaled: [data], failedOver: null })], forever);
  t.same(ceph.changes, ['osd unset-group noout n1'], 'what another node still needs stays');
});

void t.test('before 14.2 OSDs have commands of their own', async (t) => {
  const old = answerText('12.2/osds.json');
  const set = drain({ 'osd dump': old, 'osd add-noout osd.0 osd.1': '' });
  await set.drain.apply(drainPlanText({ ...nothing, noout: [{ name: 'osd.0' }, { name: 'osd.1' }] }), forever);
  t.same(set.changes(), ['osd add-noout osd.0 osd.1']);
  const flagged = old.replace('"up_from": 5, "state": ["exists", "up"]', '"up_from": 5, "state": ["exists", "up", "noout"]');
  const dumps = [flagged, old];
  const unset = drain({ 'osd dump': () => output(dumps.shift() ?? ''), 'osd rm-noout osd.0': '' });
  await unset.drain.restore(drainPlanText({ ...nothing, noout: [{ name: 'osd.0' }, { name: 'osd.1' }] }), [], forever);
  t.same(unset.changes(), ['osd rm-noout osd.0']);
});

void t.test('a record that is none is refused, not guessed at', async (t) => {
  for (const text of ['', '{}', drainPlanText(nothing).replace('}', ',"more":1}')])
    t.throws(() => drainPlanFrom(text), { message: /record can't be read/ });
});

void t.test(
  'for a restart of managers alone the one that serves hands over where another can, and nobody waits for it: it may hang',
  async (t) => {
    const restarted = ['ceph-mgr@*.service'];
    const hanging = () => {
      throw new UvsError('DEADLINE_EXCEEDED', 'the manager did not answer in time');
    };
    const hung = { 'pg stat': hanging, 'balancer status': hanging };
    t.same(await planned(n1, hung, [], restarted), { ...nothing, failedOver: 'x', mayHang: true });
    t.equal(await planned(n1, { ...hung, 'mgr dump': otherAlone }, [], restarted), undefined, 'Ceph has given it up already');
    const alone = otherAlone.replace('"y"', '"x"');
    t.equal(await planned(n1, { ...hung, 'mgr dump': alone }, [], restarted), undefined, 'nobody could take over');
    t.equal(await planned(n3, hung, [], restarted), undefined, 'a node without a manager');

    const { drain: it, changes, ceph } = drain({ ...hung, 'mgr fail x': '' });
    const plan = drainPlanText({ ...nothing, failedOver: 'x', mayHang: true });
    await it.apply(plan, forever);
    t.same(changes(), ['mgr fail x']);
    ceph.answers.set('mgr dump', otherAlone);
    await it.apply(plan, forever);
    await it.restore(plan, [], forever);
    t.same(changes(), ['mgr fail x'], 'once, and nothing of it is taken back');
  },
);

/** A Ceph with so many pools, of which each is set with the delay of a proposal. */
function manyPools(total: number, mode: 'on' | 'off') {
  const dump = JSON.parse(answerText('16.2.15/osds.json'));
  const pools = Array.from({ length: total }, (_, index) => ({
    ...dump.pools[0],
    pool: index,
    pool_name: `p${index}`,
    pg_autoscale_mode: mode,
  }));
  const it = drain({
    'osd dump': () => output(JSON.stringify({ ...dump, pools })),
    [NOAUTOSCALE]: answerText('16.2.15/noautoscale-off.txt'),
  });
  const ask = it.ceph.ask.bind(it.ceph);
  let now = 0;
  let most = 0;
  it.ceph.ask = async (command, signal) => {
    const pool = pools.find(({ pool_name }) => command[1] === 'pool' && pool_name === command[3]);
    if (pool === undefined) return ask(command, signal);
    most = Math.max(most, (now += 1));
    await pause(2, signal);
    now -= 1;
    if (signal.aborted) throw new UvsError('CANCELLED', 'cut off');
    if (!it.ceph.answers.has(command.join(' '))) pool.pg_autoscale_mode = command[5];
    return it.ceph.answers.has(command.join(' ')) ? ask(command, signal) : output('');
  };
  const plan = drainPlanText({ ...nothing, autoscaled: pools.map((each) => ({ name: each.pool_name, id: each.pool })) });
  return { ...it, plan, left: () => pools.filter((pool) => pool.pg_autoscale_mode === mode).length, most: () => most };
}

void t.test(
  'many pools are set several at once, each is told of, and a try after one that was cut off goes on where that ended',
  async (t) => {
    const it = manyPools(100, 'on');
    const cut = new AbortController();
    const told: string[] = [];
    const tell = (progress: string): void => {
      told.push(progress);
      if (progress === 'autoscaler off for 30 of 100 pools') cut.abort();
    };
    await t.rejects(it.drain.apply(it.plan, cut.signal, tell));
    t.equal(it.left(), 70);
    t.equal(it.most(), 4);
    told.length = 0;
    await it.drain.apply(it.plan, forever, tell);
    t.equal(it.left(), 0);
    t.match(told.at(-1), 'autoscaler off for 70 of 70 pools');
  },
);

void t.test('what fails keeps nothing else from being taken back, and is told; a pool that is gone is no failure', async (t) => {
  const it = manyPools(6, 'off');
  it.ceph.answers.set('osd pool set p1 pg_autoscale_mode on', output('', { code: 22, remark: 'no' }));
  it.ceph.answers.set('osd pool set p0 pg_autoscale_mode on', output('', { code: 2, remark: 'unrecognized pool' }));
  it.ceph.answers.set('balancer status', '{"active":false,"mode":"upmap"}');
  it.ceph.answers.set('balancer on', '');
  const plan = drainPlanText({ ...drainPlanFrom(it.plan), balancer: true });
  t.match(await errorOf(it.drain.restore(plan, [], forever)), { message: 'ceph osd pool set p1 pg_autoscale_mode on: no' });
  t.equal(it.left(), 2);
  t.ok(it.changes().includes('balancer on'));
});

void t.test('a pool that an operator has set otherwise meanwhile stays as it is, for the next node too', async (t) => {
  const warn = { 'osd dump': answerText('16.2.15/osds.json').replace('"pg_autoscale_mode": "off"', '"pg_autoscale_mode": "warn"') };
  const other: DrainPlan = { ...nothing, autoscaled: [data] };
  t.same((await planned(n3, warn, [other]))?.autoscaled, []);
  const it = drain(warn);
  await it.drain.apply(drainPlanText(other), forever);
  await it.drain.restore(drainPlanText(other), [], forever);
  t.same(it.changes(), []);
});

void t.test('a balancer that was paused and can not be asked, as right after a hand-over, is not forgotten', async (t) => {
  const it = drain({ 'balancer status': output('', { code: 95, remark: "Module 'balancer' is not enabled/loaded" }) });
  t.match(await errorOf(it.drain.restore(drainPlanText({ ...nothing, balancer: true }), [], forever)), { reason: 'UNREACHABLE' });
});
