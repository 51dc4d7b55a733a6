import t from 'tap';
import type * as v from 'valibot';
import { readJson } from '../../../../coordinator/gates/ceph/answer.ts';
import { treeAnswer } from '../../../../coordinator/gates/ceph/crush-hosts.ts';
import { daemonsByHost, daemonsOnHost, managerHostsAnswer, nodesAnswer } from '../../../../coordinator/gates/ceph/daemons.ts';
import { healthAnswer, healthRefusal } from '../../../../coordinator/gates/ceph/health.ts';
import { managersAnswer } from '../../../../coordinator/gates/ceph/managers.ts';
import { isInPlace, metadataServersAnswer } from '../../../../coordinator/gates/ceph/metadata-servers.ts';
import { quorumAnswer, quorumRefusal } from '../../../../coordinator/gates/ceph/monitors.ts';
import { okToStopByStatus, osdOkToStop } from '../../../../coordinator/gates/ceph/ok-to-stop.ts';
import { areFlagsOurs, osdMapAnswer } from '../../../../coordinator/gates/ceph/osds.ts';
import { pgAnswer, pgRefusal } from '../../../../coordinator/gates/ceph/placement-groups.ts';
import { answerText, output } from './answers.ts';

function read<Schema extends v.GenericSchema>(name: string, schema: Schema): v.InferOutput<Schema> {
  return readJson(answerText(name), ['status'], schema);
}

void t.test('16.2 is understood', async (t) => {
  t.same(read('16.2.15/health.json', healthAnswer), []);
  t.same(
    read('16.2.15/health-osd-down.json', healthAnswer).map(({ code }) => code),
    ['OSD_DOWN', 'OSD_HOST_DOWN', 'PG_AVAILABILITY', 'PG_DEGRADED'],
  );
  const quorum = read('16.2.15/quorum.json', quorumAnswer);
  t.same(quorum.inQuorum, ['b', 'c', 'a']);
  t.equal(quorum.electionEpoch, 8);
  t.same(quorum.monitors[0], {
    name: 'b',
    addresses: [
      { host: '127.0.0.1', port: 46631 },
      { host: '127.0.0.1', port: 35835 },
    ],
  });
  t.equal(pgRefusal(read('16.2.15/pgs.json', pgAnswer)), undefined);
  t.equal(
    pgRefusal(read('16.2.15/pgs-osd-down.json', pgAnswer)),
    'placement groups are not active+clean: 3 active+undersized+degraded, 7 active+undersized, 15 peering of 25',
  );
  const map = read('16.2.15/osds.json', osdMapAnswer);
  t.equal(map.epoch, 18);
  t.same(map.osds.get('1'), { isUp: true, isIn: true, isDestroyed: false, upFrom: 8 });
  t.same(map.pools[0], { id: 1, name: 'data', size: 3, minSize: 2, autoscale: 'off' });
  t.equal(map.hasGroupFlags, true);
  t.equal(read('16.2.15/osds-osd-down.json', osdMapAnswer).osds.get('1')?.isUp, false);
  t.same(read('16.2.15/managers.json', managersAnswer), { active: { name: 'x', gid: 4146 }, standbys: [{ name: 'y', gid: 4602 }] });
  t.same(read('16.2.15/filesystems.json', metadataServersAnswer), [
    { name: 's', gid: 4152, state: 'up:standby', filesystem: undefined, rank: -1, addresses: [{ host: '127.0.0.1', port: 6802 }] },
    { name: 'm', gid: 4155, state: 'up:active', filesystem: 'fs', rank: 0, addresses: [{ host: '127.0.0.1', port: 6803 }] },
  ]);
  t.same(daemonsOnHost(daemonsByHost(read('16.2.15/nodes.json', nodesAnswer)), 'n1'), ['mds.m', 'mgr.x', 'mon.a', 'osd.0']);
});

void t.test('18.2 prints numbers that JSON does not have', async (t) => {
  const scores = '"read_balance": {"score_acting": inf, "score_stable": -inf, "optimal": nan, "raw": [-nan]}';
  const text = answerText('16.2.15/osds.json')
    .replace('"pool": 1,', `"pool": 1, ${scores},`)
    .replace('"pool_name": "data"', String.raw`"pool_name": "a \"inf\", nan"`);
  const map = readJson(text, ['osd', 'dump'], osdMapAnswer);
  t.equal(map.pools[0]?.name, 'a "inf", nan', 'what stands in a string stays as it is');
  t.equal(map.pools.length, 4);
  t.throws(() => readJson('{"a": infinite}', ['osd', 'dump'], osdMapAnswer), {
    message: /^ceph osd dump answered with no JSON: .*infinite/,
  });
});

void t.test('12.2 is understood', async (t) => {
  t.equal(
    healthRefusal(read('12.2/health.json', healthAnswer), { acknowledged: ['MON_DOWN'], areFlagsOurs: false }),
    'MON_DOWN (1/3 mons down, quorum ceph2,ceph_1)',
  );
  const quorum = read('12.2/quorum.json', quorumAnswer);
  t.equal(quorumRefusal(quorum), 'not in quorum: mon.ceph003');
  t.same(quorum.monitors[0]?.addresses, [{ host: '10.141.8.181', port: 6754 }], 'one address, with a nonce behind it');
  t.equal(pgRefusal(read('12.2/pgs.json', pgAnswer)), undefined, 'without a wrapping');
  const map = read('12.2/osds.json', osdMapAnswer);
  t.same(map.osds.get('2'), { isUp: true, isIn: true, isDestroyed: false, upFrom: 13 });
  t.equal(map.hasGroupFlags, false);
  t.equal(areFlagsOurs(map, new Set()), false, 'it knows no flags of hosts and classes');
  t.equal(map.pools[0]?.autoscale, undefined);
  const nodes = read('12.2/nodes.json', nodesAnswer);
  t.equal(nodes.mgr, undefined, 'managers are asked for apart');
  const byHost = daemonsByHost(nodes, read('12.2/manager-metadata.json', managerHostsAnswer));
  t.same(daemonsOnHost(byHost, 'ceph001'), ['mgr.ceph001', 'mon.ceph001', 'osd.0', 'osd.1']);
  t.same(read('12.2/managers.json', managersAnswer), {
    active: { name: 'ceph001', gid: 64825 },
    standbys: [{ name: 'ceph002', gid: 124243 }],
  });
  const servers = read('12.2/filesystems.json', metadataServersAnswer);
  t.match(servers, [
    { name: 'ceph001', state: 'up:standby', filesystem: undefined, addresses: [{ host: '10.141.8.180', port: 6801 }] },
    { name: 'ceph002', state: 'up:creating', filesystem: 'cephfs', rank: 0 },
  ]);
  t.same(servers.map(isInPlace), [true, false]);
});

void t.test('a development build on the way to 14.2 is understood', async (t) => {
  t.equal(
    healthRefusal(read('14.0/health.json', healthAnswer), { acknowledged: [], areFlagsOurs: false }),
    'PG_AVAILABILITY (Reduced data availability: 16 pgs peering)',
  );
  const map = read('14.0/osds.json', osdMapAnswer);
  t.same(map.osds.get('2'), { isUp: true, isIn: true, isDestroyed: false, upFrom: 19 });
  t.equal(map.hasGroupFlags, true);
  t.equal(map.pools[1]?.autoscale, undefined);
  t.same(read('14.0/managers.json', managersAnswer), { active: { name: 'x', gid: 34106 }, standbys: [] });
  t.match(read('14.0/filesystems.json', metadataServersAnswer), [
    { name: 'c', state: 'up:standby', rank: -1, addresses: [{ host: '127.0.0.1', port: 6815 }] },
    { name: 'b', state: 'up:active', rank: 0, filesystem: 'cephfs_a', addresses: [{ host: '127.0.0.1', port: 6814 }] },
  ]);
  t.match(read('14.0/tree.json', treeAnswer), [{ name: 'daq', osds: ['osd.2', 'osd.1', 'osd.0'] }]);
});

void t.test('the yes of osd ok-to-stop must be about the very OSDs that were asked for', async (t) => {
  const yes = output(answerText('16.2.15/ok-to-stop-yes.json'));
  t.same(osdOkToStop(yes, ['0']), { isOk: true });
  t.match(osdOkToStop(yes, ['0', '1']), { isOk: false, isUnknown: false, reason: /other OSDs than were asked for: 0$/ });
  t.match(osdOkToStop(output('{"ok_to_stop":true,"osds":[]}'), ['0']), { isOk: false });
  t.match(osdOkToStop(output('yes'), ['0']), { isOk: false, reason: 'the answer to osd ok-to-stop is no yes that UVS knows' });
});

void t.test('a no of osd ok-to-stop has status 16, and its answer on stdout all the same', async (t) => {
  const no = output(answerText('16.2.15/ok-to-stop-no.json'), { code: 16, remark: 'unsafe to stop osd(s) at this time (25 PGs)' });
  t.same(osdOkToStop(no, ['0', '1']), {
    isOk: false,
    isUnknown: false,
    reason: 'unsafe to stop osd(s) at this time (25 PGs)',
    pools: [1, 2, 3, 4],
  });
  for (const more of ['unknown_pgs', 'bad_already_inactive', 'bad_no_pool_pgs']) {
    const mixed = { ...no, stdout: JSON.stringify({ ...JSON.parse(no.stdout), [more]: ['1.0'] }) };
    t.notHas(osdOkToStop(mixed, ['0', '1']), { pools: [] }, `${more} is no doing of a pool`);
  }
  t.match(osdOkToStop({ ...no, code: 0 }, ['0', '1']), { isOk: false }, 'also if the status were a yes');
});

void t.test('before 14.2.22 osd ok-to-stop answers with a sentence, on either output', async (t) => {
  const text = answerText('14.2.9/ok-to-stop-yes.txt');
  t.same(osdOkToStop(output(text), ['0', '1']), { isOk: true });
  t.same(osdOkToStop(output('\n', { stderr: text }), ['1', '0']), { isOk: true });
  t.match(osdOkToStop(output(text), ['0']), { isOk: false }, 'about another set');
  const no = { stderr: answerText('14.2.9/ok-to-stop-no.txt'), code: 16, remark: '18 PGs are already too degraded' };
  t.match(osdOkToStop(output('', no), ['0']), { isOk: false, reason: '18 PGs are already too degraded' });
});

void t.test('mon and mds ok-to-stop are read by their status; a release without them is told from a no', async (t) => {
  t.same(okToStopByStatus(output('')), { isOk: true });
  t.same(okToStopByStatus(output('', { code: 16, remark: 'not enough monitors' })), {
    isOk: false,
    isUnknown: false,
    reason: 'not enough monitors',
  });
  t.match(okToStopByStatus(output('', { code: 22, remark: 'no valid command found' })), { isOk: false, isUnknown: true });
  t.match(okToStopByStatus(output('', { code: 13, remark: 'access denied' })), {
    isOk: false,
    isUnknown: false,
    reason: /^access denied: give the key the capabilities/,
  });
});

void t.test('what is no answer is refused with the command and the field', async (t) => {
  t.throws(() => readJson('', ['pg', 'stat'], pgAnswer), {
    reason: 'UNREACHABLE',
    message: 'ceph pg stat answered with no JSON: Unexpected end of JSON input',
  });
  t.throws(() => readJson('{"epoch":1}', ['osd', 'dump'], osdMapAnswer), {
    reason: 'UNREACHABLE',
    message: /^ceph osd dump can't be understood: flags: /,
  });
  const twisted = answerText('16.2.15/quorum.json').replace('"b"', String.raw`"b\u001b[2J"`);
  t.throws(() => readJson(twisted, ['quorum_status'], quorumAnswer), { message: /quorum_names\.0/ }, 'no control character gets through');
});

void t.test('a cluster with placement groups of which nothing is known is not well', async (t) => {
  const groups = (states: Record<string, number>, total: number, isReady = true) => ({
    isReady,
    total,
    byState: new Map(Object.entries(states)),
  });
  t.equal(pgRefusal(groups({}, 0)), undefined, 'no pools');
  t.match(pgRefusal(groups({}, 0, false)), /does not know the placement groups yet/);
  t.equal(pgRefusal(groups({ 'active+clean': 7 }, 8)), 'placement groups are not active+clean: 1 of unknown state of 8');
  t.equal(
    pgRefusal(groups({ 'active+clean+scrubbing+deep': 4, 'active+remapped+backfilling': 2, 'active+clean+snaptrim': 2 }, 8)),
    undefined,
  );
  for (const state of [
    'active',
    'active+undersized',
    'clean',
    'active+clean+inconsistent',
    'active+recovering',
    'stale+active+clean',
    'unknown',
  ]) {
    t.match(pgRefusal(groups({ [state]: 8 }, 8)), `8 ${state} of 8`);
  }
});
