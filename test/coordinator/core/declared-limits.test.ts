import t from 'tap';
import { enrolEight, FakeFleet, operator, startCoordinator, uidOf, uids, untilLeader, wipe } from '../../support/cluster.ts';
import { startEtcd } from '../../support/etcd.ts';
import { errorOf } from '../../support/failure.ts';

const etcd = await startEtcd();
t.teardown(() => etcd[Symbol.asyncDispose]());
t.afterEach(() => wipe(etcd));

const osds = { scope: 'role/osd', unit: 'ceph-osd@*.service' };

void t.test('limits are set, added to, taken back and audited, and the next leader has them', async (t) => {
  using fleet = new FakeFleet(uids);
  {
    await using c1 = await startCoordinator(etcd, fleet, 'c1');
    const core = await untilLeader(c1);
    await enrolEight(core);
    const changed: (string | undefined)[] = [];
    using _ = core.limits.onChange((uid) => changed.push(uid));
    await core.limits.set(osds, { MemoryMax: '60%', TasksMax: '100' }, 'more room', operator, 'r1');
    t.same(changed, [undefined], 'anybody may be concerned');
    const now = await core.limits.set(osds, { TasksMax: '200' }, 'more tasks', operator, 'r2');
    t.same(now, { ...osds, values: { MemoryMax: '60%', TasksMax: '200' } });
    await core.limits.set(osds, { TasksMax: '200' }, 'more tasks', operator, 'r2');
    t.same(core.limits.of(uidOf(4))?.rules, [{ unit: osds.unit, values: { MemoryMax: '60%', TasksMax: '200' } }]);
    t.same(core.limits.of(uidOf(1))?.rules, [], 'a monitor');
    t.equal(core.limits.of('unknown'), undefined);
    const audit = await core.audit.list({ limit: 2, before: undefined, resource: undefined });
    t.match(audit, [
      {
        action: 'limits.set',
        resource: 'limits/role/osd/ceph-osd@*.service',
        message: 'TasksMax=200: more tasks; before: MemoryMax=60% TasksMax=100',
      },
      { message: 'MemoryMax=60% TasksMax=100: more room; there was none' },
    ]);
  }
  await using c2 = await startCoordinator(etcd, fleet, 'c2');
  const core = await untilLeader(c2);
  t.same(core.limits.list(), [{ ...osds, values: { MemoryMax: '60%', TasksMax: '200' } }]);
  t.same(await core.limits.unset(osds, ['MemoryMax'], 'x', operator, 'r3'), { ...osds, values: { TasksMax: '200' } });
  t.match(await errorOf(core.limits.unset(osds, ['MemoryMax'], 'x', operator, 'r4')), {
    reason: 'NOT_FOUND',
    message: 'in the scope role/osd nothing is set of MemoryMax of ceph-osd@*.service',
  });
  const node = { scope: `node/${uidOf(4)}`, unit: osds.unit };
  t.match(await errorOf(core.limits.unset(node, [], 'x', operator, 'r6')), {
    message: 'in the scope node/demo154 nothing is set of ceph-osd@*.service',
  });
  t.equal(await core.limits.unset(osds, [], 'x', operator, 'r5'), undefined);
  t.same(core.limits.list(), []);
});

void t.test('the label of a node decides at once what holds for it', async (t) => {
  using fleet = new FakeFleet(uids);
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await enrolEight(core);
  await core.limits.set({ scope: 'label/rack=r1', unit: 'chrony.service' }, { TasksMax: '50' }, 'x', operator, 'r1');
  const changed: (string | undefined)[] = [];
  using _ = core.limits.onChange((uid) => changed.push(uid));
  const before = core.limits.of(uidOf(4))?.hash;
  await core.nodes.label(uidOf(4), { rack: 'r1' }, [], operator, 'r2');
  t.same(changed, [uidOf(4)]);
  t.match(core.limits.of(uidOf(4))?.rules, [{ unit: 'chrony.service', values: { TasksMax: '50' } }]);
  t.not(core.limits.of(uidOf(4))?.hash, before);
});

void t.test('what is set of one node holds for that one alone, and is over when it is taken back', async (t) => {
  using fleet = new FakeFleet(uids);
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await enrolEight(core);
  const tasks = () => [4, 5, 6].map((number) => core.limits.of(uidOf(number))?.rules[0]?.values['TasksMax']);
  await core.limits.set(osds, { TasksMax: '100' }, 'x', operator, 'r1');
  t.same(tasks(), ['100', '100', '100']);
  const own = { scope: `node/${uidOf(5)}`, unit: osds.unit };
  await core.limits.set(own, { TasksMax: '200' }, 'x', operator, 'r2');
  t.same(tasks(), ['100', '200', '100']);
  await core.limits.unset(own, [], 'x', operator, 'r3');
  t.same(tasks(), ['100', '100', '100']);
});

void t.test('there are no more different units than an agent takes', async (t) => {
  using fleet = new FakeFleet(uids);
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  const set = (scope: string, unit: string) => core.limits.set({ scope, unit }, { TasksMax: '50' }, 'x', operator, '');
  for (let at = 0; at < 64; at++) await set('cluster', `s${at}.service`);
  await set('role/osd', 's1.service');
  t.match(await errorOf(set('cluster', 'one-more.service')), { reason: 'TOO_MANY', hint: /limits unset/ });
});
