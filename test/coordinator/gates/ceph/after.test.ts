import t from 'tap';
import { recovery, type AfterQuestion } from '../../../../coordinator/gates/ceph/after.ts';
import { atBegin } from '../../../../coordinator/gates/ceph/at-begin.ts';
import { wellState } from './well-state.ts';

const n1 = ['mds.m', 'mgr.x', 'mon.a', 'osd.0'];
const before = atBegin(wellState(), n1);

/** All of n1's daemons started anew after it began. */
function restarted(): AfterQuestion['state'] {
  const state = wellState();
  const { quorum, osdMap } = state;
  return {
    ...state,
    quorum: { ...quorum, electionEpoch: quorum.electionEpoch + 4 },
    osdMap: {
      ...osdMap,
      epoch: osdMap.epoch + 3,
      osds: new Map([...osdMap.osds, ['0', { isUp: true, isIn: true, isDestroyed: false, upFrom: osdMap.epoch + 2 }]]),
    },
    managers: { active: { name: 'y', gid: 4602 }, standbys: [{ name: 'x', gid: 9001 }] },
    metadataServers: [
      { name: 's', gid: 4152, state: 'up:active', filesystem: 'fs', rank: 0, addresses: [] },
      { name: 'm', gid: 9002, state: 'up:standby', filesystem: undefined, rank: -1, addresses: [] },
    ],
  };
}

function judged(state: Partial<AfterQuestion['state']> = {}, given: Partial<AfterQuestion> = {}) {
  return recovery({ state: { ...restarted(), ...state }, silentMonitors: [], daemons: n1, atBegin: before, extent: 'node', ...given });
}

void t.test('a node is back when each daemon is in its place and shows that it has started since', async (t) => {
  t.same(judged(), { isBack: true, unchanged: [] });
});

void t.test(
  'a daemon that looks as before shows nothing: it may never have stopped, or Ceph has not noticed yet that it did',
  async (t) => {
    t.same(recovery({ state: wellState(), silentMonitors: [], daemons: n1, atBegin: before, extent: 'node' }), {
      isBack: true,
      unchanged: n1,
    });
    t.same(judged({ osdMap: wellState().osdMap }), { isBack: true, unchanged: ['osd.0'] });
    t.same(judged({ quorum: wellState().quorum }), { isBack: true, unchanged: ['mon.a'] });
    t.same(judged({}, { atBegin: undefined }), { isBack: true, unchanged: n1 }, 'without a note there is nothing to compare with');
  },
);

void t.test('a manager that was not there at the beginning shows nothing by being there now', async (t) => {
  t.same(judged({}, { atBegin: { ...before, managerGids: {} } }), { isBack: true, unchanged: ['mgr.x'] });
});

void t.test('an OSD that is down, and one that is gone, are not back', async (t) => {
  const { osdMap } = restarted();
  const osds = new Map(osdMap.osds);
  osds.set('0', { isUp: false, isIn: true, isDestroyed: false, upFrom: 20 });
  t.same(judged({ osdMap: { ...osdMap, osds } }), { isBack: false, reason: 'not back: osd.0' });
  osds.delete('0');
  t.same(judged({ osdMap: { ...osdMap, osds } }), { isBack: false, reason: 'not back: osd.0' });
});

void t.test('a monitor is back once it is in quorum and answers', async (t) => {
  const { quorum } = restarted();
  t.match(judged({ quorum: { ...quorum, inQuorum: ['b', 'c'] } }), { isBack: false, reason: 'not back: mon.a; not in quorum: mon.a' });
  t.match(judged({}, { silentMonitors: ['a'] }), { isBack: false, reason: /^mon\.a does not answer/ });
});

void t.test('a manager and a metadata server are back once they serve or stand by', async (t) => {
  t.match(judged({ managers: { active: { name: 'y', gid: 4602 }, standbys: [] } }), { isBack: false, reason: 'not back: mgr.x' });
  const metadataServers = [{ name: 'm', gid: 9002, state: 'up:replay', filesystem: 'fs', rank: 0, addresses: [] }];
  t.match(judged({ metadataServers }), { isBack: false, reason: 'not back: mds.m' });
});

void t.test('a flag that keeps OSDs from being missed or from coming back is told with what is not back, and proves nothing', async (t) => {
  const { osdMap } = restarted();
  t.match(judged({ osdMap: { ...osdMap, flags: ['nodown'] } }), { isBack: false, reason: /^set in Ceph: nodown; / });
  const osds = new Map([...osdMap.osds, ['0', { isUp: false, isIn: true, isDestroyed: false, upFrom: 20 }] as const]);
  t.match(judged({ osdMap: { ...osdMap, osds, flags: ['noup'] } }), { isBack: false, reason: /^not back: osd\.0; set in Ceph: noup; / });
});

void t.test('data must have all its copies again; a warning that has nothing to do with it does not count', async (t) => {
  const byState = new Map([
    ['active+clean', 20],
    ['active+recovering+degraded', 5],
  ]);
  t.match(judged({ placementGroups: { isReady: true, total: 25, byState } }), { isBack: false, reason: /5 active\+recovering\+degraded/ });
  const warning = { code: 'TELEMETRY_CHANGED', isError: false, message: '' };
  t.match(judged({ health: [warning] }), { isBack: true });
  for (const code of ['PG_DEGRADED', 'MDS_READ_ONLY', 'DEGRADED_STRETCH_MODE']) {
    t.match(judged({ health: [{ ...warning, code }] }), { isBack: false }, code);
  }
  t.match(judged({ health: [{ ...warning, isError: true }] }), { isBack: false }, 'an error is none of before');
});

void t.test('after a restart of managers alone one must serve and know all data; what it says of the data is of no account', async (t) => {
  const managers = { extent: 'managers' } as const;
  const groups = (state: string, isReady = true) => ({ isReady, total: 25, byState: new Map([[state, 25]]) });
  const health = [{ code: 'PG_DEGRADED', isError: false, message: '' }];
  t.match(judged({ health, placementGroups: groups('active+undersized+degraded') }, managers), { isBack: true });
  t.match(judged({ placementGroups: groups('unknown') }, managers), { isBack: false, reason: /does not know the placement groups yet/ });
  t.match(judged({ placementGroups: groups('active+clean', false) }, managers), { isBack: false });
  const none = { active: undefined, standbys: [{ name: 'x', gid: 9001 }] };
  t.match(judged({ managers: none }, managers), { isBack: false, reason: 'no manager is active' });
  t.match(judged({ health: [{ code: 'OSD_DOWN', isError: false, message: '' }] }, managers), { isBack: false, reason: /^OSD_DOWN/ });
});
