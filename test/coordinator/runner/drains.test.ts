import t from 'tap';
import { UvsError } from '../../../common/errors.ts';
import { clusterConditions } from '../../../coordinator/api/convert/conditions.ts';
import { stuckDrains } from '../../../coordinator/api/convert/drain.ts';
import { takeCensus } from '../../../coordinator/census.ts';
import type { Core } from '../../../coordinator/core.ts';
import type { RolloutView } from '../../../coordinator/rollout-view.ts';
import { pause } from '../../../coordinator/state/pause.ts';
import { facts } from '../../support/domain-records.ts';
import { enrolEight, FakeFleet, operator, specOf, startCoordinator, uidOf, uids, untilLeader, wipe } from '../../support/cluster.ts';
import { startEtcd } from '../../support/etcd.ts';
import { eventually } from '../../support/eventually.ts';
import { FakeStorage } from '../../support/fake-storage.ts';

const etcd = await startEtcd();
t.teardown(() => etcd[Symbol.asyncDispose]());
t.afterEach(() => wipe(etcd));

const DRAINS = '/uvs/v1/drains/';
const recorded = (): string => etcd.ctl('get', '--prefix', DRAINS);
const first = uidOf(1);
const one = specOf({ selector: { all: false, nodes: ['demo151'], roles: [], labels: {} } });

function untilEnded(core: Core, id: string): Promise<RolloutView> {
  return eventually(
    `${id} has ended`,
    async () => {
      const view = await core.rollouts.get(id);
      return view.state.endedAt === undefined ? undefined : view;
    },
    20_000,
  );
}

/** Nothing is set any more, and nothing is recorded. */
async function untilRestored(storage: FakeStorage): Promise<void> {
  await eventually('all is taken back', () => storage.flags.size === 0 && storage.isBalancing && recorded() === '');
}

void t.test('what a gate wants set is set while a node is disturbed, only then, and is recorded first', async (t) => {
  const storage = new FakeStorage();
  using fleet = new FakeFleet(uids);
  await using c1 = await startCoordinator(etcd, fleet, 'c1', { gates: [storage.gate('storage')] });
  const core = await untilLeader(c1);
  await enrolEight(core);
  storage.beforeApply = (uid) => void t.match(recorded(), `"uid":"${uid}"`);
  fleet.onDisturb = (uid) => {
    t.ok(storage.flags.has(uid), 'its flag is set');
    t.equal(storage.isBalancing, false);
  };
  const { plan } = await core.rollouts.create(specOf(), operator, 'r1');
  t.equal((await untilEnded(core, plan.id)).state.state, 'succeeded');
  t.equal(fleet.disturbances.length, 8);
  await untilRestored(storage);
  const entries = await core.audit.list({ limit: 100, before: undefined, resource: `nodes/${first}` });
  const said = entries.toSorted((left, right) => left.seq - right.seq).map(({ action }) => action);
  t.same(
    said.filter((action) => action.startsWith('drains.')),
    ['drains.setting', 'drains.set', 'drains.restoring', 'drains.restored'],
  );
});

void t.test('what is noted with the yes to a begin is there when it is asked whether the node is back', async (t) => {
  const storage = new FakeStorage();
  using fleet = new FakeFleet(uids);
  await using c1 = await startCoordinator(etcd, fleet, 'c1', { gates: [storage.gate('storage')] });
  const core = await untilLeader(c1);
  await enrolEight(core);
  await untilEnded(core, (await core.rollouts.create(one, operator, 'r1')).plan.id);
  const after = storage.questions.find(({ moment }) => moment === 'after');
  t.match(after?.drains, [{ uid: first, state: 'set', notes: { storage: `before-begin ${first}` } }]);
});

void t.test('what others have set before stays set', async (t) => {
  const storage = new FakeStorage();
  storage.isBalancing = false;
  storage.flags.add(first);
  using fleet = new FakeFleet(uids);
  await using c1 = await startCoordinator(etcd, fleet, 'c1', { gates: [storage.gate('storage')] });
  const core = await untilLeader(c1);
  await enrolEight(core);
  await untilEnded(core, (await core.rollouts.create(specOf(), operator, 'r1')).plan.id);
  await eventually('all is taken back', () => recorded() === '');
  t.same([...storage.flags], [first]);
  t.equal(storage.isBalancing, false);
});

void t.test('what a gate leaves as it is when it takes back the rest is in the audit log', async (t) => {
  const storage = new FakeStorage();
  storage.left = ['a pool that an operator has turned off'];
  using fleet = new FakeFleet(uids);
  await using c1 = await startCoordinator(etcd, fleet, 'c1', { gates: [storage.gate('storage')] });
  const core = await untilLeader(c1);
  await enrolEight(core);
  await untilEnded(core, (await core.rollouts.create(one, operator, 'r1')).plan.id);
  await untilRestored(storage);
  const entries = await core.audit.list({ limit: 100, before: undefined, resource: `nodes/${first}` });
  const restored = entries.find(({ action }) => action === 'drains.restored');
  t.match(restored?.message, /: storage \{.*\}; left as it is: a pool that an operator has turned off$/);
});

void t.test('nodes that are disturbed together share what they share, and the last of them takes it back', async (t) => {
  const storage = new FakeStorage();
  using fleet = new FakeFleet(uids);
  let prepared = 0;
  // the first for which anything is set, and who pauses the balancer, is the first to end
  storage.beforeApply = (uid) => void (fleet.agent(uid).behaviour.actMs = (prepared += 1) * 100);
  await using c1 = await startCoordinator(etcd, fleet, 'c1', { gates: [storage.gate('storage')] });
  const core = await untilLeader(c1);
  await enrolEight(core);
  let wasUnpaused = false;
  const watching = setInterval(() => (wasUnpaused ||= fleet.disturbedNow > 0 && storage.isBalancing), 5);
  t.teardown(() => clearInterval(watching));
  await core.cluster.setBudget('cluster', 4, '', operator, 'b1');
  const spec = specOf({ mode: 'parallel', budget: 4, selector: { all: false, nodes: [], roles: ['osd'], labels: {} } });
  await untilEnded(core, (await core.rollouts.create(spec, operator, 'r1')).plan.id);
  t.ok(fleet.mostDisturbed > 1, `${fleet.mostDisturbed} at once`);
  t.equal(wasUnpaused, false, 'the first to end has left it as it was');
  await untilRestored(storage);
});

void t.test('a node is not told of its turn, and may not begin, until all is set', async (t) => {
  const storage = new FakeStorage();
  const mayApply = Promise.withResolvers<void>();
  storage.beforeApply = () => mayApply.promise;
  using fleet = new FakeFleet(uids);
  await using c1 = await startCoordinator(etcd, fleet, 'c1', { gates: [storage.gate('storage')] });
  const core = await untilLeader(c1);
  await enrolEight(core);
  const { plan } = await core.rollouts.create(one, operator, 'r1');
  await eventually('it is written down', () => recorded().includes('"setting"'));
  t.equal((await core.rollouts.get(plan.id)).steps[0]?.message, 'what the gates want for it is being set');
  const [slot] = await core.slots.list();
  if (slot === undefined) throw new Error('the slot is granted');
  const begun = await core.slots.begin(first, slot.operation, slot.token, AbortSignal.timeout(5_000));
  t.match(begun, { isYes: false, reason: 'what the gates want set for it is not set yet' });
  t.equal(fleet.disturbances.length, 0);
  mayApply.resolve();
  t.equal((await untilEnded(core, plan.id)).state.state, 'succeeded');
});

void t.test('where the grant ends while it is looked what to set, nothing is set', async (t) => {
  const storage = new FakeStorage();
  const isLooking = Promise.withResolvers<void>();
  const mayGoOn = Promise.withResolvers<void>();
  storage.beforePlan = () => {
    isLooking.resolve();
    return mayGoOn.promise;
  };
  const applied: string[] = [];
  storage.beforeApply = (uid) => void applied.push(recorded() === '' ? `${uid}, unrecorded` : uid);
  using fleet = new FakeFleet(uids);
  await using c1 = await startCoordinator(etcd, fleet, 'c1', { gates: [storage.gate('storage')] });
  const core = await untilLeader(c1);
  await enrolEight(core);
  const { plan } = await core.rollouts.create(one, operator, 'r1');
  await isLooking.promise;
  await core.rollouts.pause(plan.id, 'to look', operator, 'p1');
  await eventually('the grant is gone', async () => (await core.slots.list()).length === 0);
  mayGoOn.resolve();
  await core.rollouts.resume(plan.id, '', operator, 'p2');
  t.equal((await untilEnded(core, plan.id)).state.state, 'succeeded');
  t.same(applied, [first], 'once, for the grant that came after');
  await untilRestored(storage);
});

void t.test('what takes longer than a deadline and a lease is waited for while it gets on, and how far it is is shown', async (t) => {
  const storage = new FakeStorage();
  const forever = new AbortController().signal;
  storage.beforeApply = async (_uid, tell) => {
    for (let pool = 1; pool <= 16; pool += 1) {
      await pause(300, forever);
      tell(`${pool} of 16 pools`);
    }
  };
  using fleet = new FakeFleet(uids);
  const timings = { drainDeadlineMs: 1_500, slotTtlSeconds: 2 };
  await using c1 = await startCoordinator(etcd, fleet, 'c1', { gates: [storage.gate('storage')], timings });
  const core = await untilLeader(c1);
  await enrolEight(core);
  const { plan } = await core.rollouts.create(one, operator, 'r1');
  await eventually('how far it is is shown', async () =>
    / is being set \(\d+ of 16 pools\)/.test((await core.rollouts.get(plan.id)).steps[0]?.message ?? ''),
  );
  t.equal((await untilEnded(core, plan.id)).state.state, 'succeeded');
  const entries = await core.audit.list({ limit: 100, before: undefined, resource: `nodes/${first}` });
  t.equal(entries.filter(({ action }) => action === 'slots.grant').length, 1, 'its grant has not lapsed');
  await untilRestored(storage);
});

void t.test('where it can not be set the node is left alone, the reason is shown, and it is tried again', async (t) => {
  const storage = new FakeStorage();
  let isBroken = true;
  storage.beforeApply = () => {
    if (isBroken) throw new Error('the storage does not answer');
  };
  using fleet = new FakeFleet(uids);
  await using c1 = await startCoordinator(etcd, fleet, 'c1', { gates: [storage.gate('storage')] });
  const core = await untilLeader(c1);
  await enrolEight(core);
  const { plan } = await core.rollouts.create(one, operator, 'r1');
  await eventually('the reason is shown', async () =>
    (await core.rollouts.get(plan.id)).waitingFor.includes('the storage does not answer'),
  );
  t.equal(fleet.disturbances.length, 0);
  isBroken = false;
  t.equal((await untilEnded(core, plan.id)).state.state, 'succeeded');
  await untilRestored(storage);
});

void t.test('where it can not be taken back it is tried again, and the next node goes on meanwhile', async (t) => {
  const storage = new FakeStorage();
  let isBroken = true;
  storage.beforeRestore = (uid) => {
    if (isBroken && uid === first) throw new Error('the storage does not answer');
  };
  using fleet = new FakeFleet(uids);
  await using c1 = await startCoordinator(etcd, fleet, 'c1', { gates: [storage.gate('storage')] });
  const core = await untilLeader(c1);
  await enrolEight(core);
  await untilEnded(core, (await core.rollouts.create(specOf(), operator, 'r1')).plan.id);
  t.equal(fleet.disturbances.length, 8);
  await eventually('only the first is left', () => recorded().split(DRAINS).length === 2);
  t.same([...storage.flags], [first]);
  t.equal(storage.isBalancing, false, 'which is for whoever is last');
  isBroken = false;
  await untilRestored(storage);
});

void t.test(
  'what can not be taken back is told: to whoever looks, in the metrics, and once in the audit log, also by the next leader',
  async (t) => {
    const storage = new FakeStorage();
    let isBroken = true;
    let tries = 0;
    storage.beforeRestore = () => {
      tries += 1;
      if (isBroken) throw new UvsError('PERMISSION_DENIED', `EACCES (try ${tries})`, { hint: 'Give the key its caps.' });
    };
    using fleet = new FakeFleet(uids);
    const c1 = await startCoordinator(etcd, fleet, 'c1', { gates: [storage.gate('storage')] });
    const core = await untilLeader(c1);
    await enrolEight(core);
    const unrestored = async (from: Core) => {
      const { ledger } = await from.cluster.describe();
      return clusterConditions(ledger, [], [], from.slots.drains()).find(({ type }) => type === 'Unrestored');
    };
    const told = async (from: Core) =>
      (await from.audit.list({ limit: 200, before: undefined, resource: undefined })).filter(({ action }) => action === 'drains.stuck');
    t.match(await unrestored(core), { status: false, message: '' });
    const { plan } = await core.rollouts.create(one, operator, 'r1');
    const view = await untilEnded(core, plan.id);
    await eventually('it was tried in vain a few times', () => tries >= 3);
    const [drain] = core.slots.drains();
    t.match(drain, { uid: first, hostname: 'demo151', operation: view.steps[0]?.operation, shownAs: 'stuck' });
    t.match(drain?.stuck?.reason, /^EACCES \(try [2-9]\d*\) \(Give the key its caps\.\)$/, 'why it could not the last time');
    t.match(await unrestored(core), {
      status: true,
      message: /^what gates have set can't be taken back for demo151 \(EACCES .*"uvsctl gates list"$/,
    });
    t.match(stuckDrains(core.slots.drains()), {
      stuckDrainsTotal: 1,
      stuckDrains: [{ node: `nodes/${first}`, hostname: 'demo151', reason: /^EACCES/, set: { storage: /"flag":true/ } }],
    });
    t.match(
      (await takeCensus(core, { live: () => ({ facts: facts() }), declared: { limitStates: () => [], settingStates: () => [] } }, 0))
        ?.drains,
      new Map([['stuck', 1]]),
    );
    t.match(await told(core), [{ resource: `nodes/${first}`, message: /storage .*it can't be taken back: EACCES \(try 1\)/ }]);
    c1.kill();
    await c1[Symbol.asyncDispose]();
    const triesBefore = tries;
    await using c2 = await startCoordinator(etcd, fleet, 'c2', { gates: [storage.gate('storage')] });
    const next = await untilLeader(c2);
    t.match(next.slots.drains(), [{ shownAs: 'stuck', stuck: { reason: /^EACCES/ } }], 'the next leader knows before it has tried');
    await eventually('it was tried in vain again', () => tries > triesBefore + 1);
    t.equal((await told(next)).length, 1, 'it was told before');
    isBroken = false;
    await untilRestored(storage);
    await eventually('nothing is shown any more', () => next.slots.drains().length === 0);
    t.match(await unrestored(next), { status: false, message: '' });
  },
);

void t.test('a grant that its node does not take is over with its lease, and what was set for it too', async (t) => {
  const storage = new FakeStorage();
  using fleet = new FakeFleet(uids);
  fleet.agent(first).behaviour.ignoresGrants = true;
  await using c1 = await startCoordinator(etcd, fleet, 'c1', { gates: [storage.gate('storage')], timings: { slotTtlSeconds: 2 } });
  const core = await untilLeader(c1);
  await enrolEight(core);
  const { plan } = await core.rollouts.create(one, operator, 'r1');
  await eventually('it is set', () => storage.flags.has(first));
  await core.rollouts.pause(plan.id, 'enough', operator, 'p1');
  await untilRestored(storage);
  fleet.agent(first).behaviour.ignoresGrants = false;
  await core.rollouts.resume(plan.id, 'mended', operator, 'p2');
  t.equal((await untilEnded(core, plan.id)).state.state, 'succeeded', 'for the same operation it is set anew');
  await untilRestored(storage);
});

for (const moment of ['before it is set', 'after it is set', 'while the node is disturbed', 'while it is taken back'] as const) {
  void t.test(`a leader killed ${moment} leaves nothing behind: the next one takes it back`, async (t) => {
    const storage = new FakeStorage();
    using fleet = new FakeFleet(uids);
    await using c1 = await startCoordinator(etcd, fleet, 'c1', { gates: [storage.gate('storage')] });
    const core = await untilLeader(c1);
    await enrolEight(core);
    await using c2 = await startCoordinator(etcd, fleet, 'c2', { gates: [storage.gate('storage')] });
    let isOver = false;
    const kill = (): void => {
      if (isOver) return;
      isOver = true;
      c1.kill();
    };
    if (moment === 'before it is set') storage.beforeApply = kill;
    if (moment === 'while the node is disturbed') fleet.onDisturb = kill;
    if (moment === 'while it is taken back') storage.beforeRestore = kill;
    c1.etcd.onTxn = (changes) => {
      if (
        moment !== 'after it is set' ||
        !changes.some(
          (change) => change.do === 'put' && change.value.includes('"set":{"storage"') && change.value.includes('"state":"set"'),
        )
      )
        return 'pass';
      kill();
      return 'lose-request';
    };
    const { plan } = await core.rollouts.create(one, operator, 'r1');
    const after = await untilLeader(c2);
    t.equal(isOver, true);
    t.equal((await untilEnded(after, plan.id)).state.state, 'succeeded');
    t.equal(fleet.disturbances.length, 1);
    await untilRestored(storage);
  });
}

void t.test('what a gate has set that is not configured any more stays recorded, until it is again', async (t) => {
  const storage = new FakeStorage();
  using fleet = new FakeFleet(uids);
  const blocked = Promise.withResolvers<void>();
  storage.beforeRestore = () => blocked.promise;
  const c1 = await startCoordinator(etcd, fleet, 'c1', { gates: [storage.gate('storage')] });
  const core = await untilLeader(c1);
  await enrolEight(core);
  await untilEnded(core, (await core.rollouts.create(one, operator, 'r1')).plan.id);
  await eventually('it is to be taken back', () => recorded().includes('"restoring"'));
  c1.kill();
  await c1[Symbol.asyncDispose]();
  blocked.reject(new Error('this one is dead'));
  storage.beforeRestore = () => undefined;
  {
    await using c2 = await startCoordinator(etcd, fleet, 'c2', {});
    const other = await untilLeader(c2);
    await untilEnded(
      other,
      (await other.rollouts.create(specOf({ selector: { all: false, nodes: ['demo152'], roles: [], labels: {} } }), operator, 'r2')).plan
        .id,
    );
    t.match(recorded(), `"uid":"${first}"`);
    t.same([...storage.flags], [first]);
    const why = /^what gate storage has set .* there is no such gate any more \(Configure it again until that is done\.\)$/;
    t.match(other.slots.drains(), [{ uid: first, shownAs: 'stuck', stuck: { reason: why } }]);
  }
  await using c3 = await startCoordinator(etcd, fleet, 'c3', { gates: [storage.gate('storage')] });
  await untilLeader(c3);
  await untilRestored(storage);
});
