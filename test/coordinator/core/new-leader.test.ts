import t from 'tap';
import { enrolEight, operator, specOf, startCoordinator, untilLeader, wipe } from '../../support/cluster.ts';
import { startEtcd } from '../../support/etcd.ts';
import { eventually } from '../../support/eventually.ts';
import { errorOf } from '../../support/failure.ts';
import { grantedSlot, silentFleet, soon } from '../../support/held-slots.ts';

const etcd = await startEtcd();
t.teardown(() => etcd[Symbol.asyncDispose]());
t.afterEach(() => wipe(etcd));

void t.test('a new leader counts granted and begun slots', async (t) => {
  using fleet = silentFleet();
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await enrolEight(core);
  await core.cluster.setBudget('cluster', 2, 'two', operator, '');
  const begun = await grantedSlot(core, { selector: { all: false, nodes: ['demo154'], roles: [], labels: {} } });
  await core.slots.begin(begun.uid, begun.operation, begun.token, soon());
  const second = await grantedSlot(core, { selector: { all: false, nodes: ['demo155'], roles: [], labels: {} } });
  await using c2 = await startCoordinator(etcd, fleet, 'c2');
  c1.kill();
  const after = await untilLeader(c2);
  const third = await after.rollouts.create(specOf({ selector: { all: false, nodes: ['demo156'], roles: [], labels: {} } }), operator, '');
  await eventually('it waits', async () => /budget cluster 2 of 2 used/.test((await after.rollouts.get(third.plan.id)).waitingFor));
  t.same(
    new Map((await after.slots.list()).map(({ uid, state }) => [uid, state])),
    new Map([
      [begun.uid, 'begun'],
      [second.uid, 'granted'],
    ]),
  );
  t.equal((await after.slots.confirm(begun.uid, begun.operation, begun.token)).isYes, true);
  t.equal(
    (await errorOf(core.slots.begin(second.uid, second.operation, second.token, soon()))).reason,
    'NOT_LEADER',
    'the old one decides nothing',
  );
  t.equal((await after.slots.begin(second.uid, second.operation, second.token, soon())).isYes, true);
});

void t.test('a new leader knows what has begun before it decides anything', async (t) => {
  using fleet = silentFleet();
  const c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await enrolEight(core);
  const begun = await grantedSlot(core, { selector: { all: false, nodes: ['demo154'], roles: [], labels: {} } });
  await core.slots.begin(begun.uid, begun.operation, begun.token, soon());
  await using c2 = await startCoordinator(etcd, fleet, 'c2');
  await c1[Symbol.asyncDispose]();
  const after = await untilLeader(c2);
  const { plan } = await after.rollouts.create(
    specOf({ selector: { all: false, nodes: ['demo156'], roles: [], labels: {} } }),
    operator,
    '',
  );
  await eventually('it waits', async () => /budget cluster 1 of 1 used: demo154/.test((await after.rollouts.get(plan.id)).waitingFor));
  t.match(await after.slots.list(), [{ uid: begun.uid, state: 'begun' }]);
  t.match(await after.rollouts.get(begun.rollout), { state: { state: 'running' } });
});
