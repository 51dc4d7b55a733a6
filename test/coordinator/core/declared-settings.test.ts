import t from 'tap';
import { enrolEight, FakeFleet, operator, startCoordinator, uidOf, uids, untilLeader, wipe } from '../../support/cluster.ts';
import { startEtcd } from '../../support/etcd.ts';
import { errorOf } from '../../support/failure.ts';

const etcd = await startEtcd();
t.teardown(() => etcd[Symbol.asyncDispose]());
t.afterEach(() => wipe(etcd));

const all = { scope: 'cluster' };

void t.test('settings are set, imagined, taken back and audited, and the next leader has them', async (t) => {
  using fleet = new FakeFleet(uids);
  {
    await using c1 = await startCoordinator(etcd, fleet, 'c1');
    const core = await untilLeader(c1);
    await enrolEight(core);
    await core.settings.set(all, { 'time-zone': 'Europe/Berlin' }, 'we moved', operator, 'r1');
    await core.settings.set({ scope: 'role/osd' }, { 'sysctl.profile': 'storage' }, 'x', operator, 'r2');
    t.same(core.settings.of(uidOf(4))?.values, { 'time-zone': 'Europe/Berlin', 'sysctl.profile': 'storage' });
    t.same(core.settings.of(uidOf(1))?.values, { 'time-zone': 'Europe/Berlin' }, 'a monitor');
    const osd = core.nodes.find(uidOf(4));
    t.same(core.settings.imagine(all, { set: { 'ntp-servers': 'a' } })(osd).values['ntp-servers'], 'a');
    t.same(core.settings.imagine(all, { unset: [] })(osd).values, { 'sysctl.profile': 'storage' });
    t.match(await errorOf(() => core.settings.imagine(all, { unset: ['ntp-servers'] })), { reason: 'NOT_FOUND' });
    t.equal(core.settings.list().length, 2, 'nothing was changed');
    t.match(await core.audit.list({ limit: 2, before: undefined, resource: undefined }), [
      { action: 'settings.set', resource: 'settings/role/osd', message: 'sysctl.profile=storage: x; there was none' },
      { resource: 'settings/cluster', message: 'time-zone=Europe/Berlin: we moved; there was none' },
    ]);
  }
  await using c2 = await startCoordinator(etcd, fleet, 'c2');
  const core = await untilLeader(c2);
  t.match(await errorOf(core.settings.unset(all, ['ntp-servers'], 'x', operator, 'r3')), {
    reason: 'NOT_FOUND',
    message: 'in the scope cluster nothing is set of ntp-servers',
    hint: '`uvsctl settings list` shows what is set, and in which scope.',
  });
  t.equal(await core.settings.unset(all, [], 'x', operator, 'r4'), undefined);
  t.match(await errorOf(core.settings.unset(all, [], 'x', operator, 'r5')), { message: 'in the scope cluster nothing is set' });
  t.same(core.settings.list(), [{ scope: 'role/osd', values: { 'sysctl.profile': 'storage' } }]);
});
