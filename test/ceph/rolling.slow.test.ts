import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import * as v from 'valibot';
import { eventually } from '../support/eventually.ts';
import { mostAtOnce, readDisturbances } from '../support/overlaps.ts';
import { recordingRelease } from '../support/recording-release.ts';
import { SandboxCluster } from '../support/sandbox-cluster.ts';
import { parseJson, rolloutsSchema } from '../support/uvsctl-json.ts';
import { BusyClient } from './busy-client.ts';
import { MiniCeph } from './mini-ceph.ts';
import { Switchboard } from './switchboard.ts';
import { documentedCaps, missingCeph } from './test-bed.ts';

const hosts: Readonly<Record<string, readonly string[]>> = {
  n1: ['mon.a', 'mgr.x', 'osd.0', 'mds.m'],
  n2: ['mon.b', 'mgr.y', 'osd.1', 'mds.s'],
  n3: ['mon.c'],
  n4: ['osd.2'],
};
/** Placement groups that agree anew on who has what serve nobody for a moment, which must stay one. */
const AGREEING_SECONDS = 15;
/** So long an OSD may be silent until others call it down (osd_heartbeat_grace): one that says that it goes makes clients wait less. */
const SLOWEST_SECONDS = 20;
const skip = missingCeph();
const directory = mkdtempSync(join(tmpdir(), 'uvs-ceph-rolling-'));
const ceph = new MiniCeph({
  directory: join(directory, 'ceph'),
  hosts,
  clients: { 'client.uvs': documentedCaps(), 'client.busy': { mon: 'allow r', mgr: 'allow r', osd: 'allow rw pool=data' } },
});
const cluster = new SandboxCluster({
  dir: join(directory, 'uvs'),
  nodes: Object.entries(hosts).map(([hostname, names]) => ({
    hostname,
    roles: [...new Set(names.map((name) => name.split('.', 1)[0] ?? ''))],
  })),
  coordinatorConfig: `
[[gate]]
kind = "ceph"
conf = "${ceph.conf}"
keyring = "${ceph.keyring('client.uvs')}"
soak_seconds = 2
notice_seconds = 15
`,
});

const switchboard = new Switchboard(ceph, hosts, join(directory, 'switch'));

t.before(async () => {
  if (skip !== false) return;
  for (const [hostname, names] of Object.entries(hosts)) {
    for (const name of names) linkData(hostname, name);
    mkdirSync(join(cluster.nodeRoot(hostname), 'etc/uvs'), { recursive: true });
    writeFileSync(
      join(cluster.nodeRoot(hostname), 'etc/uvs/agent.toml'),
      `sandboxSystemctl = ${JSON.stringify(switchboard.systemctl(hostname))}\n`,
    );
  }
  await Promise.all([switchboard.open(), ceph.start(), cluster.start()]);
});
t.teardown(async () => {
  switchboard.close();
  await cluster.stop();
  await ceph[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true, force: true });
});

/** The agent finds a daemon by its data below its root. */
function linkData(hostname: string, name: string): void {
  const [type = '', id = ''] = name.split('.');
  const folder = join(cluster.nodeRoot(hostname), 'var/lib/ceph', type);
  mkdirSync(folder, { recursive: true });
  symlinkSync(ceph.dataOf(name), join(folder, `ceph-${id}`));
}

void t.test(
  'a rolling push stops and starts every daemon under a client that never sees an error',
  { skip, timeout: 900_000 },
  async (t) => {
    const record = join(directory, 'record');
    writeFileSync(record, '');
    await ceph.ceph('osd', 'pool', 'set', 'data', 'pg_autoscale_mode', 'on');
    const set: (readonly [string, Awaited<ReturnType<typeof whatIsSet>>])[] = [];
    switchboard.hooks.onStop = async (host) => void set.push([host, await whatIsSet()]);
    const file = await cluster.buildRelease(
      'ceph',
      recordingRelease(directory, {
        version: '2.14.17',
        releaseSeq: 17,
        record,
        holdSeconds: 0,
        timeoutSeconds: 200,
        pre: switchboard.command('stop'),
        post: switchboard.command('start'),
      }),
    );
    const client = await BusyClient.start(ceph, 'client.busy', 'data');
    t.teardown(() => client.kill());
    const startMs = performance.now();
    const pushed = await cluster.uvsctl('push', file, '--all', '--rolling', '--yes');
    const tookMs = performance.now() - startMs;
    const seen = await client.end();
    t.equal(pushed.code, 0, pushed.code === 0 ? 'the push has succeeded' : `${pushed.stderr}${pushed.stdout}${cluster.logTails()}`);

    const disturbed = readDisturbances(record);
    t.same(disturbed.map(({ node }) => node).toSorted(), Object.keys(hosts));
    t.equal(mostAtOnce(disturbed), 1);
    for (const [host, { active, ...flags }] of set) {
      const whatIs = hasOsd(host)
        ? { noout: { [host]: ['noout'] }, isBalancing: false, autoscale: 'off' }
        : { noout: {}, isBalancing: true, autoscale: 'on' };
      t.same(flags, whatIs, `what is set when ${host} goes`);
      t.notOk(hosts[host]?.includes(`mgr.${active}`), 'a manager of another node serves');
    }
    t.equal(set.length, disturbed.length);
    t.same(seen.errors, []);
    t.ok(seen.operations > 100, `${seen.operations} operations`);
    t.ok(seen.slowest <= SLOWEST_SECONDS, `the slowest write and read took ${seen.slowest.toFixed(1)} s`);
    t.same(
      Object.keys(seen.states).filter((state) => !isServing(state)),
      [],
      'no placement group was without service',
    );
    t.ok(seen.unserved <= AGREEING_SECONDS, `the longest that one agreed anew was ${seen.unserved.toFixed(1)} s`);
    t.comment(
      `rolling push over ${disturbed.length} nodes of a real Ceph in ${(tookMs / 1000).toFixed(0)} s: ${seen.operations} writes and reads, ` +
        `${seen.errors.length} errors, the slowest took ${seen.slowest.toFixed(1)} s; no placement group without service for more than ${seen.unserved.toFixed(1)} s; states seen: ${Object.keys(seen.states).join(', ')}`,
    );
    const events = (): Promise<string> => cluster.uvsctlOk('events', 'list', '--limit', '1000');
    const times = (text: string, what: string): number => text.split(what).length - 1;
    const isTakenBack = async (): Promise<boolean> => {
      const text = await events();
      return times(text, 'drains.restored') === times(text, 'drains.setting');
    };
    await eventually('all is taken back', isTakenBack, 120_000);
    const after = await whatIsSet();
    t.same(after.noout, {});
    t.match(after, { isBalancing: true, autoscale: 'on' });
    const said = await events();
    for (const hostname of Object.keys(hosts).filter(hasOsd)) {
      t.match(said, new RegExp(`"noout":\\[\\{"name":"${hostname}","id":-\\d+\\}\\],"balancer":true,"autoscaled":\\[\\{"name":"data",`));
    }
    t.match(said, /"failedOver":"[xy]"/, 'a manager that served handed over first');
  },
);

void t.test('a manager that hangs is restarted by one command, and Ceph has one that works', { skip, timeout: 900_000 }, async (t) => {
  await ceph.untilWell(120_000);
  const { active } = await whatIsSet();
  const before = Object.fromEntries(ceph.of('mgr').map((name) => [name, ceph.pidOf(name)]));
  ceph.hang(`mgr.${active}`);
  const startMs = performance.now();
  const restarted = await cluster.uvsctl('restart', 'ceph-mgr@*', '--role', 'mgr', '--rolling', '--yes');
  t.equal(restarted.code, 0, restarted.code === 0 ? 'it has succeeded' : `${restarted.stderr}${restarted.stdout}${cluster.logTails()}`);
  t.comment(`managers, one of which hung, restarted after ${((performance.now() - startMs) / 1000).toFixed(0)} s`);
  for (const name of ceph.of('mgr')) t.not(ceph.pidOf(name), before[name], `${name} is another process`);
  // only a manager that works says this
  t.match(await ceph.ceph('pg', 'stat'), /active\+clean/);
  await ceph.untilWell();
});

void t.test('a monitor and an OSD of two rollouts at once are restarted one after the other', { skip, timeout: 900_000 }, async (t) => {
  await ceph.untilWell(120_000);
  const restarts: string[] = [];
  const held = Promise.withResolvers<void>();
  switchboard.hooks.onRestart = async (name) => {
    restarts.push(name);
    if (name === 'mon.c') await held.promise;
    // whatever the gate has believed: nothing else is out
    else t.match(JSON.parse(await ceph.ceph('quorum_status')), { quorum_names: { length: 3 } });
  };
  const begin = async (units: string, hostname: string): Promise<void> =>
    void (await cluster.uvsctlOk('restart', units, '--node', hostname, '--parallel', '2', '--reason', 'both at once', '--yes', '--detach'));
  await begin('ceph-mon@*', 'n3');
  await eventually('the monitor is about to be restarted', () => restarts.length === 1, 120_000);
  await begin('ceph-osd@*', 'n4');
  const refused = async (): Promise<boolean> =>
    /gate ceph: mon\.c of a node that has begun count as down until it is proven healthy/.test(
      await cluster.uvsctlOk('--json', 'rollouts', 'list'),
    );
  await eventually("Ceph's gate keeps the OSD from it", refused, 120_000);
  t.same(restarts, ['mon.c']);
  held.resolve();
  await eventually('both have been restarted', () => restarts.length === 2, 120_000);
  await eventually(
    'both rollouts are over',
    async () => !(await cluster.uvsctlOk('--json', 'rollouts', 'list')).includes('_RUNNING'),
    120_000,
  );
  const { rollouts } = parseJson(rolloutsSchema, await cluster.uvsctlOk('--json', 'rollouts', 'list'));
  t.same([...new Set(rollouts.map(({ state }) => state))], ['ROLLOUT_STATE_SUCCEEDED']);
  t.same(restarts, ['mon.c', 'osd.2']);
});

function hasOsd(host: string): boolean {
  return hosts[host]?.some((name) => name.startsWith('osd.')) === true;
}

const dumpAnswer = v.object({
  pools: v.array(v.object({ pool_name: v.string(), pg_autoscale_mode: v.string() })),
  crush_node_flags: v.record(v.string(), v.array(v.string())),
});
const balancerAnswer = v.object({ active: v.boolean() });
const managerAnswer = v.object({ active_name: v.string() });

async function whatIsSet() {
  const ask = async (...command: readonly string[]): Promise<unknown> => JSON.parse(await ceph.ceph('--format', 'json', ...command));
  const [dump, balancer, managers] = await Promise.all([ask('osd', 'dump'), ask('balancer', 'status'), ask('mgr', 'dump')]);
  const { pools, crush_node_flags } = v.parse(dumpAnswer, dump);
  return {
    noout: crush_node_flags,
    isBalancing: v.parse(balancerAnswer, balancer).active,
    autoscale: pools.find(({ pool_name }) => pool_name === 'data')?.pg_autoscale_mode,
    active: v.parse(managerAnswer, managers).active_name,
  };
}

/** Or may: while a manager that took over has not heard of placement groups, and while they agree anew. */
function isServing(state: string): boolean {
  const parts = state.split('+');
  return parts.includes('active') || state === 'unknown' || parts.some((part) => part === 'peering' || part === 'activating');
}
