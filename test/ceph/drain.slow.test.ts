import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { drainPlanFrom } from '../../coordinator/gates/ceph/drain-plan.ts';
import { eventually } from '../support/eventually.ts';
import { GateBench, WAIT_MS } from './gate-bench.ts';
import { MiniCeph } from './mini-ceph.ts';
import { documentedCaps, missingCeph } from './test-bed.ts';

const hosts = { n1: ['mon.a'], n2: ['mgr.x', 'mon.b'], n3: ['mgr.y', 'mon.c'], n4: ['osd.0'], n5: ['osd.1'], n6: ['osd.2'] };
const forever = new AbortController().signal;

const skip = missingCeph();
const options = { skip, timeout: 900_000 };
const directory = mkdtempSync(join(tmpdir(), 'uvs-ceph-drain-'));
const ceph = new MiniCeph({ directory, hosts, clients: { 'client.uvs': documentedCaps() } });
const bench = new GateBench(ceph, hosts);
const { drain } = bench.gate;

t.before(async () => {
  if (skip === false) await ceph.start();
});
t.teardown(async () => {
  await ceph[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true, force: true });
});

void t.test('what the gate sets is set, is no complaint of its own, and is taken back', options, async (t) => {
  await ceph.ceph('osd', 'pool', 'set', 'data', 'pg_autoscale_mode', 'on');
  const active = await activeManager(ceph);
  const withManager = active === 'x' ? 'n2' : 'n3';
  const managers = await drain.plan({ node: bench.node(withManager), restarted: undefined, others: [] }, forever);
  t.same(drainPlanFrom(managers ?? ''), { noout: [], balancer: false, autoscaled: [], failedOver: active });
  const failoverMs = performance.now();
  await drain.apply(managers ?? '', AbortSignal.timeout(WAIT_MS));
  t.comment(`another manager served after ${((performance.now() - failoverMs) / 1000).toFixed(1)} s`);
  t.not(await activeManager(ceph), active);
  await bench.untilYes('before-begin', withManager, { drains: [bench.drain(withManager, managers, undefined)] });

  const plan = await drain.plan({ node: bench.node('n4'), restarted: undefined, others: [] }, forever);
  t.match(drainPlanFrom(plan ?? ''), { noout: [{ name: 'n4' }], balancer: true, autoscaled: [{ name: 'data' }], failedOver: null });
  await drain.apply(plan ?? '', AbortSignal.timeout(WAIT_MS));
  await drain.apply(plan ?? '', AbortSignal.timeout(WAIT_MS));
  t.match(JSON.parse(await ceph.ceph('osd', 'dump', '--format', 'json')), { crush_node_flags: { n4: ['noout'] } });
  t.match(JSON.parse(await ceph.ceph('balancer', 'status', '--format', 'json')), { active: false });
  const drains = [bench.drain('n4', plan, undefined)];
  await eventually('Ceph complains of the flag', async () => (await ceph.ceph('health')).includes('flags set'), WAIT_MS);
  t.ok(await bench.untilYes('before-begin', 'n4', { drains }), 'of its own flags the gate does not complain');
  t.ok(await bench.untilNo('before-begin', 'n4', /^OSD_FLAGS/), 'of a flag that nobody has recorded it does');
  await drain.restore(plan ?? '', [], AbortSignal.timeout(WAIT_MS));
  await drain.restore(plan ?? '', [], AbortSignal.timeout(WAIT_MS));
  t.same(JSON.parse(await ceph.ceph('osd', 'dump', '--format', 'json')).crush_node_flags, {});
  t.match(JSON.parse(await ceph.ceph('balancer', 'status', '--format', 'json')), { active: true });
  t.equal((await ceph.ceph('osd', 'pool', 'get', 'data', 'pg_autoscale_mode')).trim(), 'pg_autoscale_mode: on');
  await ceph.ceph('osd', 'pool', 'set', 'data', 'pg_autoscale_mode', 'off');
});

void t.test('what is set on a host and a pool that are renamed meanwhile is taken back all the same', options, async (t) => {
  await ceph.ceph('osd', 'pool', 'set', 'data', 'pg_autoscale_mode', 'on');
  const plan = (await drain.plan({ node: bench.node('n6'), restarted: undefined, others: [] }, forever)) ?? '';
  await drain.apply(plan, AbortSignal.timeout(WAIT_MS));
  await ceph.ceph('osd', 'crush', 'rename-bucket', 'n6', '7');
  await ceph.ceph('osd', 'pool', 'rename', 'data', 'data-new');
  t.match(await setOn(ceph), { hosts: { 7: ['noout'] }, pools: { 'data-new': 'off' } }, 'it stays set under the new names');
  await t.rejects(drain.restore(plan, [], AbortSignal.timeout(WAIT_MS)), { message: /^the CRUSH host n6 is called "7" by now/ });
  await ceph.ceph('osd', 'crush', 'rename-bucket', '7', 'n6-new');
  t.same(await drain.restore(plan, [], AbortSignal.timeout(WAIT_MS)), []);
  const { hosts: flagged, pools } = await setOn(ceph);
  t.same([flagged, pools['data-new']], [{}, 'on']);
  await ceph.ceph('osd', 'crush', 'rename-bucket', 'n6-new', 'n6');
  await ceph.ceph('osd', 'pool', 'rename', 'data-new', 'data');
  await ceph.ceph('osd', 'pool', 'set', 'data', 'pg_autoscale_mode', 'off');
});

void t.test('pools that an operator has turned off with noautoscale meanwhile stay off, and it is told', options, async (t) => {
  await ceph.ceph('osd', 'pool', 'set', 'data', 'pg_autoscale_mode', 'on');
  const plan = (await drain.plan({ node: bench.node('n6'), restarted: undefined, others: [] }, forever)) ?? '';
  await drain.apply(plan, AbortSignal.timeout(WAIT_MS));
  await ceph.ceph('osd', 'pool', 'set', 'noautoscale');
  t.match(await drain.restore(plan, [], AbortSignal.timeout(WAIT_MS)), [/^autoscaler off of pool data, for "osd pool set noautoscale"/]);
  const { hosts: flagged, pools } = await setOn(ceph);
  t.same([flagged, pools['data']], [{}, 'off']);
  await ceph.ceph('osd', 'pool', 'unset', 'noautoscale');
  t.match(await setOn(ceph), { pools: { data: 'on' } }, 'and come on again with all others');
  for (const pool of Object.keys((await setOn(ceph)).pools)) await ceph.ceph('osd', 'pool', 'set', pool, 'pg_autoscale_mode', 'off');
  await ceph.ceph('config', 'rm', 'global', 'osd_pool_default_pg_autoscale_mode');
  await ceph.untilWell(WAIT_MS);
});

/** The flags of CRUSH hosts and the autoscaler of pools, by the names that they have now. */
async function setOn(ceph: MiniCeph): Promise<{ readonly hosts: object; readonly pools: Readonly<Record<string, string>> }> {
  const { crush_node_flags, pools } = JSON.parse(await ceph.ceph('osd', 'dump', '--format', 'json'));
  const modes = pools.map((pool: { pool_name: string; pg_autoscale_mode: string }) => [pool.pool_name, pool.pg_autoscale_mode]);
  return { hosts: crush_node_flags, pools: Object.fromEntries(modes) };
}

async function activeManager(ceph: MiniCeph): Promise<string> {
  return JSON.parse(await ceph.ceph('mgr', 'dump', '--format', 'json')).active_name;
}
