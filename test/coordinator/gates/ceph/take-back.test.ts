import t from 'tap';
import { cephDrain } from '../../../../coordinator/gates/ceph/drain.ts';
import { drainPlanFrom, drainPlanText, type DrainPlan } from '../../../../coordinator/gates/ceph/drain-plan.ts';
import { facts, node } from '../../../support/domain-records.ts';
import { errorOf } from '../../../support/failure.ts';
import { answerText, output } from './answers.ts';
import { SettableCeph } from './settable-ceph.ts';

const forever = new AbortController().signal;
const n1 = node('n1', ['mon'], { facts: facts({ daemons: ['mds.m', 'mgr.x', 'mon.a', 'osd.0'] }) });
const n3 = node('n3', ['mon'], { facts: facts({ daemons: ['mon.c', 'osd.2'] }) });
const NOAUTOSCALE = 'config get mgr mgr/pg_autoscaler/noautoscale';
const ofN3: DrainPlan = { noout: [{ name: 'n3', id: -3 }], balancer: true, autoscaled: [{ name: 'data', id: 1 }], failedOver: null };

/** A Ceph in which what n3 needs is set. */
async function prepared(others: readonly string[] = [], of = n3) {
  const ceph = new SettableCeph();
  const drain = cephDrain(ceph);
  const plan = (await drain.plan({ node: of, restarted: undefined, others }, forever)) ?? '';
  await drain.apply(plan, forever);
  ceph.asked.length = 0;
  return { ceph, drain, plan };
}

function rename(ceph: SettableCeph, names: { readonly host?: string; readonly pool?: string }): void {
  const [host, pool] = [ceph.hosts.get(-3), ceph.pools.get(1)];
  if (host !== undefined && names.host !== undefined) host.name = names.host;
  if (pool !== undefined && names.pool !== undefined) pool.name = names.pool;
}

const isLeftBehind = ({ hosts, pools }: SettableCeph) => hosts.get(-3)?.hasNoout === true || pools.get(1)?.autoscale !== 'on';

void t.test('a plan knows CRUSH hosts and pools by their ids too', async (t) => {
  const { plan, ceph } = await prepared();
  t.same(drainPlanFrom(plan), ofN3);
  t.same(drainPlanFrom(drainPlanText(drainPlanFrom(plan))), ofN3);
  t.ok(isLeftBehind(ceph), 'and all of it is set');
});

void t.test('what is set on a host and a pool that were renamed meanwhile is taken back', async (t) => {
  const { ceph, drain, plan } = await prepared();
  rename(ceph, { host: 'n3-new', pool: 'data-new' });
  t.same(await drain.restore(plan, [], forever), []);
  t.same(ceph.changes, ['osd unset-group noout n3-new', 'osd pool set data-new pg_autoscale_mode on']);
  t.notOk(isLeftBehind(ceph));
});

void t.test('another host and another pool that have the old names are left alone', async (t) => {
  const { ceph, drain, plan } = await prepared();
  rename(ceph, { host: 'n3-new', pool: 'data-new' });
  ceph.hosts.set(-9, { name: 'n3', osds: [], hasNoout: true });
  ceph.pools.set(2, { name: 'data', autoscale: 'off' });
  await drain.restore(plan, [], forever);
  t.same([ceph.hosts.get(-9)?.hasNoout, ceph.pools.get(2)?.autoscale], [true, 'off']);
  t.notOk(isLeftBehind(ceph));
});

void t.test('a try to set it after one that was cut off finds what was renamed in between', async (t) => {
  const { ceph, drain, plan } = await prepared();
  await drain.restore(plan, [], forever);
  rename(ceph, { host: 'n3-new', pool: 'data-new' });
  ceph.asked.length = 0;
  await drain.apply(plan, forever);
  t.same(ceph.changes, ['osd set-group noout n3-new', 'osd pool set data-new pg_autoscale_mode off']);
});

void t.test('a pool that was renamed between two plans is one pool: it stays off until nobody needs it', async (t) => {
  const { ceph, drain, plan } = await prepared();
  rename(ceph, { pool: 'data-new' });
  const other = await drain.plan({ node: n1, restarted: undefined, others: [plan] }, forever);
  t.same(drainPlanFrom(other ?? '').autoscaled, [{ name: 'data-new', id: 1 }]);
  await drain.restore(plan, [other ?? ''], forever);
  t.equal(ceph.pools.get(1)?.autoscale, 'off');
  await drain.restore(other ?? '', [], forever);
  t.equal(ceph.pools.get(1)?.autoscale, 'on');
});

void t.test('a record of an earlier coordinator, which knows names alone, is read, and tells what it can not find', async (t) => {
  const earlier = '{"noout":["n3","osd.1"],"balancer":false,"autoscaled":["data"],"failedOver":null}';
  t.same(drainPlanFrom(earlier).noout, [{ name: 'n3' }, { name: 'osd.1' }]);
  const { ceph, drain, plan } = await prepared();
  await drain.restore(earlier, [plan], forever);
  await drain.restore(plan, [earlier], forever);
  t.same(ceph.changes, [], 'what one of them wants the other does not take back, though one alone has the ids');
  t.same(await drain.restore(earlier, [], forever), []);
  t.notOk(isLeftBehind(ceph));
  const renamed = await prepared();
  rename(renamed.ceph, { host: 'n3-new', pool: 'data-new' });
  t.same(await renamed.drain.restore(earlier, [], forever), [
    'noout of the CRUSH host n3, autoscaler off of the pool data, for none has that name any more',
  ]);
});

void t.test('a host and a pool that were removed meanwhile need nothing', async (t) => {
  const { ceph, drain, plan } = await prepared();
  ceph.hosts.delete(-3);
  ceph.pools.delete(1);
  t.same(await drain.restore(plan, [], forever), []);
  t.same(ceph.changes, []);
});

void t.test('a host that is called like an OSD by now, and a pool like an option, are not said but told', async (t) => {
  const { ceph, drain, plan } = await prepared();
  rename(ceph, { host: '1', pool: '-x' });
  t.match(await errorOf(drain.restore(plan, [], forever)), {
    reason: 'NOT_ALLOWED_NOW',
    message: /^the CRUSH host n3 is called "1" by now/,
    hint: 'Rename it, e.g.: ceph osd crush rename-bucket 1 n3',
  });
  t.same(ceph.changes, []);
  rename(ceph, { host: 'n3' });
  t.match(await errorOf(drain.restore(plan, [], forever)), { message: /^the pool data is called "-x" by now/ });
  rename(ceph, { pool: 'data' });
  await drain.restore(plan, [], forever);
  t.notOk(isLeftBehind(ceph));
});

void t.test('one that can not be said keeps no other from being taken back', async (t) => {
  const { ceph, drain } = await prepared();
  ceph.hosts.set(-5, { name: 'n2', osds: [1], hasNoout: true });
  ceph.pools.set(2, { name: 'more', autoscale: 'off' });
  const both = [
    { name: 'n3', id: -3 },
    { name: 'n2', id: -5 },
  ];
  const pools = [
    { name: 'data', id: 1 },
    { name: 'more', id: 2 },
  ];
  rename(ceph, { host: 'all', pool: '-x' });
  const plan = drainPlanText({ noout: both, balancer: false, autoscaled: pools, failedOver: null });
  t.match(await errorOf(drain.restore(plan, [], forever)), { message: /^the CRUSH host n3 is called "all"/ });
  t.same(ceph.changes, ['osd unset-group noout n2', 'osd pool set more pg_autoscale_mode on']);
});

void t.test('what is renamed at the moment at which it is taken back is found when it is looked again, and not forgotten', async (t) => {
  const { ceph, drain, plan } = await prepared();
  // Ceph says of a pool that is not there what is no failure: it may have been removed
  ceph.beforeChange = () => rename(ceph, { pool: 'data-new' });
  t.match(await errorOf(drain.restore(plan, [], forever)), {
    reason: 'CONFLICT',
    message: 'was taken back and is set still: autoscaler off of pool data-new',
  });
  ceph.beforeChange = () => undefined;
  await drain.restore(plan, [], forever);
  t.notOk(isLeftBehind(ceph));
});

void t.test('a monitor that answers with the map of a moment ago is asked again', async (t) => {
  const { ceph, drain, plan } = await prepared();
  const before = await ceph.ask(['osd', 'dump'], forever);
  const dump = ceph.answers.get('osd dump');
  let asked = 0;
  ceph.answers.set('osd dump', () => {
    asked += 1;
    return asked <= 2 || typeof dump !== 'function' ? before : dump();
  });
  t.same(await drain.restore(plan, [], forever), []);
  t.equal(asked, 3);
});

void t.test('where "osd pool set noautoscale" has turned every pool off meanwhile, they stay so, and it is told', async (t) => {
  const { ceph, drain, plan } = await prepared();
  ceph.answers.set(NOAUTOSCALE, answerText('16.2.15/noautoscale-on.txt'));
  t.same(await drain.restore(plan, [], forever), ['autoscaler off of pool data, for "osd pool set noautoscale" was said meanwhile']);
  t.same(ceph.changes, ['osd unset-group noout n3']);
});

void t.test(
  'where noautoscale is a flag of the map, pools get their own modes back under it, and none is paused that does not scale',
  async (t) => {
    const { ceph, drain, plan } = await prepared();
    ceph.flags = ['noautoscale'];
    ceph.answers.set(NOAUTOSCALE, output('', { code: 2, remark: "unrecognized key 'mgr/pg_autoscaler/noautoscale'" }));
    const other = await drain.plan({ node: n1, restarted: undefined, others: [plan] }, forever);
    t.same(drainPlanFrom(other ?? '').autoscaled, []);
    t.same(await drain.restore(plan, [], forever), []);
    t.notOk(isLeftBehind(ceph));
  },
);

void t.test(
  'where it can not be found out whether an operator has turned all pools off, nothing is turned on, and it is tried again',
  async (t) => {
    const { ceph, drain, plan } = await prepared();
    ceph.answers.set(NOAUTOSCALE, output('', { code: 13, remark: 'access denied' }));
    t.match(await errorOf(drain.restore(plan, [], forever)), { reason: 'PERMISSION_DENIED' });
    t.same(ceph.changes, ['osd unset-group noout n3']);
    ceph.answers.set(NOAUTOSCALE, output('', { code: 22, remark: 'command not known' }));
    await drain.restore(plan, [], forever);
    t.notOk(isLeftBehind(ceph), '12.2 has no such command');
  },
);
