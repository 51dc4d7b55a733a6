import t from 'tap';
import { readJson } from '../../../../coordinator/gates/ceph/answer.ts';
import { refusalBefore, type BeforeQuestion } from '../../../../coordinator/gates/ceph/before.ts';
import { healthAnswer, type HealthCheck } from '../../../../coordinator/gates/ceph/health.ts';
import type { OkToStop } from '../../../../coordinator/gates/ceph/ok-to-stop.ts';
import { osdMapAnswer } from '../../../../coordinator/gates/ceph/osds.ts';
import { answerText } from './answers.ts';
import { wellState } from './well-state.ts';

const ok: OkToStop = { isOk: true };
const no = (reason: string): OkToStop => ({ isOk: false, isUnknown: false, reason });
const unknown: OkToStop = { isOk: false, isUnknown: true, reason: 'no valid command found (status 22)' };
const n1 = ['mds.m', 'mgr.x', 'mon.a', 'osd.0'];
const n2 = ['mds.s', 'mgr.y', 'mon.b', 'osd.1'];

function refusal(given: Partial<BeforeQuestion> = {}, state: Partial<BeforeQuestion['state']> = {}): string | undefined {
  return refusalBefore({
    state: { ...wellState(), ...state },
    okToStop: { mon: ok, mds: ok, osd: ok },
    silentMonitors: [],
    silentStandbys: [],
    candidate: n1,
    begun: [],
    acknowledged: [],
    ownFlags: new Set(),
    ...given,
  });
}

const check = (code: string, isError = false): HealthCheck => ({ code, isError, message: `${code} it is` });

void t.test('a cluster that is well can spare a node', async (t) => {
  t.equal(refusal(), undefined);
});

void t.test('an OSD that is down is a no, whatever was acknowledged', async (t) => {
  const health = readJson(answerText('16.2.15/health-osd-down.json'), ['health'], healthAnswer);
  t.match(
    refusal({ acknowledged: ['OSD_DOWN', 'OSD_HOST_DOWN', 'PG_AVAILABILITY', 'PG_DEGRADED'] }, { health }),
    /^OSD_DOWN \(1 osds down\), OSD_HOST_DOWN/,
  );
});

void t.test('a warning is a no unless it was acknowledged; an error can not be', async (t) => {
  const health = [check('TELEMETRY_CHANGED')];
  t.equal(
    refusal({}, { health }),
    "TELEMETRY_CHANGED (TELEMETRY_CHANGED it is); acknowledged neither for the rollout nor in the gate's configuration",
  );
  t.equal(refusal({ acknowledged: ['TELEMETRY_CHANGED'] }, { health }), undefined);
  t.match(refusal({ acknowledged: ['TELEMETRY_CHANGED'] }, { health: [check('TELEMETRY_CHANGED', true)] }), /^TELEMETRY_CHANGED/);
  t.match(refusal({ acknowledged: ['OSD_RACK_DOWN'] }, { health: [check('OSD_RACK_DOWN')] }), /^OSD_RACK_DOWN/, 'a rack like any domain');
  t.equal(refusal({}, { health: [check('OBJECT_MISPLACED')] }), undefined, 'data on the move has all its copies');
});

void t.test('a failed domain is a no, whatever its CRUSH type is called', async (t) => {
  const checks = { 'OSD_FAILURE-DOMAIN_DOWN': { severity: 'HEALTH_WARN', summary: { message: '1 failure-domain (2 osds) down' } } };
  const health = readJson(JSON.stringify({ checks }), ['health'], healthAnswer);
  t.equal(refusal({ acknowledged: ['OSD_FAILURE-DOMAIN_DOWN'] }, { health }), 'OSD_FAILURE-DOMAIN_DOWN (1 failure-domain (2 osds) down)');
});

void t.test('noout that UVS has set itself is no complaint; of others it is one', async (t) => {
  const health = readJson(answerText('16.2.15/health-noout.json'), ['health'], healthAnswer);
  const osdMap = readJson(answerText('16.2.15/osds-noout.json'), ['osd', 'dump'], osdMapAnswer);
  t.equal(refusal({ ownFlags: new Set(['n1']) }, { health, osdMap }), undefined);
  t.match(refusal({ ownFlags: new Set(['n2']) }, { health, osdMap }), /^OSD_FLAGS /);
  t.match(refusal({}, { health }), /^OSD_FLAGS /, 'flags that the map does not show are nobody knows whose');
  const named = answerText('16.2.15/osds-noout.json').replace('"n1": ["noout"]', '"prototype": ["noout"]');
  t.match(refusal({}, { health, osdMap: readJson(named, ['osd', 'dump'], osdMapAnswer) }), /^OSD_FLAGS /, 'whatever the host is called');
  const also = { ...osdMap, flagsOf: new Map([...osdMap.flagsOf, ['osd.2', ['noout']] as const]) };
  t.match(refusal({ ownFlags: new Set(['n1']) }, { health, osdMap: also }), /^OSD_FLAGS /, 'one more flag, one more hand');
});

void t.test(
  'flags with which an OSD would not be missed, or not come back, are a no, whatever is acknowledged for harmless ones',
  async (t) => {
    const { osdMap } = wellState();
    const health = [check('OSDMAP_FLAGS'), check('OSD_FLAGS')];
    const acknowledged = ['OSDMAP_FLAGS', 'OSD_FLAGS'];
    const withFlags = (...flags: readonly string[]) =>
      refusal({ acknowledged }, { health, osdMap: { ...osdMap, flags: [...flags, ...osdMap.flags] } });
    t.equal(withFlags('noscrub', 'noout'), undefined);
    for (const flag of ['nodown', 'noup', 'noin', 'pauserd', 'pausewr', 'norecover', 'nobackfill']) {
      t.match(withFlags('noscrub', flag), new RegExp(`^set in Ceph: ${flag}; .*take it back first$`));
    }
    for (const name of ['osd.2', 'rack4', 'ssd']) {
      const flagsOf = new Map([[name, ['noout', 'nodown']]]);
      t.match(refusal({ acknowledged }, { health, osdMap: { ...osdMap, flagsOf } }), `set in Ceph: nodown (${name});`);
    }
  },
);

void t.test('a monitor out of quorum is a no, also for a node without monitors', async (t) => {
  const quorum = { ...wellState().quorum, inQuorum: ['a', 'b'] };
  t.equal(refusal({ candidate: ['osd.0'] }, { quorum }), 'not in quorum: mon.c');
});

void t.test('a monitor that does not answer is a no, though all the others believe in it', async (t) => {
  t.equal(refusal({ silentMonitors: ['c'] }), 'mon.c does not answer, whatever the quorum says');
});

void t.test('with two monitors none can ever be stopped, and it is said so', async (t) => {
  const well = wellState().quorum;
  const quorum = { ...well, inQuorum: ['a', 'b'], monitors: well.monitors.filter(({ name }) => name !== 'c') };
  t.match(refusal({}, { quorum }), /^can never be yes: the cluster has two monitors: none can be stopped without losing the quorum/);
  t.equal(refusal({ candidate: ['osd.0'] }, { quorum }), undefined, 'which is nothing to a node without one');
});

void t.test('placement groups must all be active and clean', async (t) => {
  const placementGroups = {
    isReady: true,
    total: 25,
    byState: new Map([
      ['active+clean', 24],
      ['active+undersized+degraded', 1],
    ]),
  };
  t.match(refusal({ candidate: ['mon.a'] }, { placementGroups }), /1 active\+undersized\+degraded/);
});

void t.test("Ceph's own ok-to-stop must say yes for each kind", async (t) => {
  t.equal(refusal({ okToStop: { mon: no('quorum would break'), mds: ok, osd: ok } }), 'quorum would break');
  t.equal(
    refusal({ okToStop: { mon: ok, mds: no('one or more filesystems is currently degraded'), osd: ok } }),
    'one or more filesystems is currently degraded',
  );
  t.equal(refusal({ okToStop: { mon: ok, mds: ok, osd: no('25 PGs would become offline') } }), '25 PGs would become offline');
});

void t.test('a command that a release of before 14.2 does not have is no no; one that a later release denies to know is', async (t) => {
  const okToStop = { mon: unknown, mds: unknown, osd: ok };
  t.equal(refusal({ okToStop }, { osdMap: { ...wellState().osdMap, hasGroupFlags: false } }), undefined);
  t.match(refusal({ okToStop }), /no valid command found/);
});

void t.test('names that Ceph does not know are a no: its ok-to-stop says yes to daemons that do not exist', async (t) => {
  t.equal(refusal({ candidate: ['osd.77'] }), 'the OSD map has no osd.77');
  t.equal(refusal({ candidate: ['mon.zz'] }), 'the monitor map has no mon.zz');
  t.equal(refusal({ candidate: ['mds.zz'] }), 'the file system map has no mds.zz');
});

void t.test('two nodes with monitors or OSDs at once are a no, whether Ceph has noticed the first or not', async (t) => {
  t.match(refusal({ begun: n2 }), /^without mon\.a, mon\.b only 1 of 3 monitors would be left, 2 are needed/);
  t.match(refusal({ candidate: ['osd.0'], begun: ['mon.b'] }), /^mon\.b of a node that has begun count as down/);
  t.match(refusal({ candidate: ['mon.a'], begun: ['osd.1'] }), /^osd\.1 of a node that has begun count as down/);
  t.match(refusal({ candidate: ['mds.s'], begun: ['osd.1'] }), /^osd\.1 of a node/);
  t.equal(refusal({ candidate: ['osd.0'], begun: ['mds.s'] }), undefined, 'a standby that is out costs no data and no quorum');
});

void t.test('a pool with size = min_size can never spare a copy, and it is said so', async (t) => {
  const { osdMap } = wellState();
  const [data, ...rest] = osdMap.pools;
  if (data === undefined) throw new Error('the fixture has pools');
  const strict = { ...osdMap, pools: [{ ...data, minSize: 3 }, ...rest] };
  const losing = { ...no('8 PGs would become offline'), pools: [data.id] };
  const okToStop = { mon: ok, mds: ok, osd: losing };
  t.match(
    refusal({ okToStop }, { osdMap: strict }),
    /^can never be yes: pool data \(size 3, min_size 3\) can spare no copy.*\(8 PGs would become offline\)$/,
  );
  t.equal(refusal({}, { osdMap: strict }), undefined, 'unless the node has nothing of it: then Ceph says yes');
  t.equal(
    refusal({ okToStop, candidate: ['osd.0'], begun: ['osd.1'] }, { osdMap: strict }),
    '8 PGs would become offline',
    'with another node out it may be that one',
  );
});

void t.test('a no that will pass is not called one for ever, whatever other pools there are', async (t) => {
  const { osdMap } = wellState();
  const scratch = { id: 9, name: 'scratch', size: 1, minSize: 1, autoscale: 'off' };
  const withScratch = { ...osdMap, pools: [...osdMap.pools, scratch] };
  const passing = { mon: ok, mds: ok, osd: no('1 PGs are unknown') };
  t.equal(refusal({ okToStop: passing }, { osdMap: withScratch }), '1 PGs are unknown');
  const losing = { ...no('8 PGs would become offline'), pools: [9] };
  const moving = { isReady: true, total: 25, byState: new Map(Object.entries({ 'active+clean': 24, 'active+remapped+backfilling': 1 })) };
  const said = { mon: ok, mds: ok, osd: losing };
  t.equal(refusal({ okToStop: said }, { osdMap: withScratch, placementGroups: moving }), '8 PGs would become offline');
  t.match(refusal({ okToStop: said }, { osdMap: withScratch }), /^can never be yes: pool scratch /);
});

void t.test('a pool that keeps more copies on a node than it can spare can never spare the node, and it is said so', async (t) => {
  const { osdMap } = wellState();
  const losing = { ...no('8 PGs would become offline'), pools: osdMap.pools.slice(0, 1).map(({ id }) => id) };
  t.match(
    refusal({ okToStop: { mon: ok, mds: ok, osd: losing } }),
    /^can never be yes: pool data \(size 3, min_size 2\) can spare fewer copies than one node holds: choose a CRUSH rule that/,
  );
});

void t.test('a manager must be left to serve', async (t) => {
  t.match(refusal({ candidate: ['mgr.x'], begun: ['mgr.y'] }), /^no manager would be left without mgr\.x, mgr\.y/);
  const alone = { active: { name: 'x', gid: 1 }, standbys: [] };
  t.match(refusal({ candidate: ['mgr.x'] }, { managers: alone }), /^no manager would be left without mgr\.x: start a standby/);
  t.equal(refusal({ candidate: ['osd.0'] }, { managers: alone }), undefined);
  t.equal(
    refusal({ candidate: ['mgr.x'] }, { managers: { active: undefined, standbys: [{ name: 'y', gid: 2 }] } }),
    'no manager is active',
  );
});

void t.test('a metadata server that serves needs a standby that stays', async (t) => {
  const serving = { name: 'm', gid: 1, state: 'up:active', filesystem: 'fs', rank: 0, addresses: [] };
  const standby = { name: 's', gid: 2, state: 'up:standby', filesystem: undefined, rank: -1, addresses: [] };
  const mds = (candidate: readonly string[], ...metadataServers: readonly (typeof serving | typeof standby)[]) =>
    refusal({ candidate }, { metadataServers });
  t.match(mds(['mds.m'], serving), /^no standby would follow mds\.m, which serves fs: start one on another node/);
  t.match(mds(['mds.m', 'mds.s'], serving, standby), /^no standby would follow mds\.m/, 'the standby is on the same node');
  const silent = { candidate: ['mds.m'], silentStandbys: ['s'] };
  t.equal(
    refusal(silent, { metadataServers: [serving, standby] }),
    'no standby would follow mds.m, which serves fs: mds.s does not answer',
    'one that died a moment ago still stands by, for all that Ceph knows',
  );
  t.equal(refusal(silent, { metadataServers: [serving, standby, { ...standby, name: 't' }] }), undefined, 'another one does');
  t.equal(mds(['mds.s'], serving, standby), undefined, 'a standby may go');
  const foreign = { name: 'r', gid: 3, state: 'up:standby-replay', filesystem: 'other', rank: 0, addresses: [] };
  t.match(mds(['mds.m'], serving, foreign), /^no standby would follow/, 'one that follows another file system can not');
  t.equal(mds(['mds.m'], serving, { ...foreign, filesystem: 'fs' }), undefined);
  const second = { name: 'm2', gid: 4, state: 'up:active', filesystem: 'fs', rank: 1, addresses: [] };
  const replaying = { ...foreign, filesystem: 'fs' };
  t.match(mds(['mds.m2'], serving, second, replaying), /^no standby would follow mds\.m2/, 'one that follows another rank can not either');
  t.match(mds(['mds.m', 'mds.m2'], serving, second, standby), /^no standby would follow mds\.m2/, 'one standby for two');
  t.match(mds(['mds.m'], { ...serving, state: 'up:replay' }), /^no standby/, 'one that is about to serve counts as serving');
});
