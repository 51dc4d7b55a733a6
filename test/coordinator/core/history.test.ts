import { randomUUID } from 'node:crypto';
import t from 'tap';
import { forgetOldRollouts } from '../../../coordinator/core/history.ts';
import type { Term } from '../../../coordinator/election.ts';
import type { KeyValue } from '../../../coordinator/etcd/port.ts';
import { keys } from '../../../coordinator/state/keys.ts';
import { Ledger } from '../../../coordinator/state/ledger.ts';
import { enrolEight, FakeFleet, operator, specOf, startCoordinator, uidOf, uids, untilLeader, wipe } from '../../support/cluster.ts';
import { startEtcd } from '../../support/etcd.ts';
import { eventually } from '../../support/eventually.ts';
import { realClock } from '../../support/real-clock.ts';

const etcd = await startEtcd();
t.teardown(() => etcd[Symbol.asyncDispose]());
t.afterEach(() => wipe(etcd));

/** The running leader's term, so that the test can write beside it. */
function standIn(entry: KeyValue | undefined): Term {
  return {
    leader: { id: 'c1', random: '', grpcAddress: '', httpsAddress: '' },
    guard: [{ on: 'create', key: keys.leader, equals: entry?.createRevision ?? 0 }],
    signal: new AbortController().signal,
    isCurrent: () => true,
    resign: async () => undefined,
  };
}

void t.test('a step that is tried again leaves nothing of its operation before in the index', async (t) => {
  using fleet = new FakeFleet(uids);
  fleet.agent(uidOf(4)).behaviour.outcome = 'failed';
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await enrolEight(core);
  const selector = { all: false, nodes: ['demo154', 'demo155'], roles: [], labels: {} };
  const { plan } = await core.rollouts.create(specOf({ selector }), operator, '');
  const operations = new Set<string>();
  for (let attempt = 1; attempt <= 3; attempt += 1) {
    await eventually('it has failed', async () => (await core.rollouts.get(plan.id)).state.state === 'paused');
    const [step, other] = (await core.rollouts.get(plan.id)).steps;
    operations.add(step?.operation ?? '');
    const { entries } = await c1.etcd.range(keys.operations, { limit: 9 });
    t.same(
      entries.map(({ key }) => key),
      [step, other].map((each) => keys.operation(each?.operation ?? '')).toSorted(),
    );
    await core.rollouts.resume(plan.id, 'once more', operator, '');
  }
  t.equal(operations.size, 3);
});

void t.test('the oldest rollouts that have ended are forgotten, with all that belongs to them', async (t) => {
  using fleet = new FakeFleet(uids);
  for (const agent of fleet.agents.values()) agent.behaviour.outcome = 'failed';
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await enrolEight(core);
  const ids: string[] = [];
  for (const name of ['demo154', 'demo155', 'demo156']) {
    const { plan } = await core.rollouts.create(specOf({ selector: { all: false, nodes: [name], roles: [], labels: {} } }), operator, '');
    await eventually('it has failed', async () => (await core.rollouts.get(plan.id)).state.state === 'paused');
    await core.rollouts.abort(plan.id, '', operator, '');
    await eventually('it has ended', async () => (await core.rollouts.get(plan.id)).state.endedAt !== undefined);
    ids.push(plan.id);
  }
  const term = await Ledger.open({ etcd: c1.etcd, clock: realClock, term: standIn(await c1.etcd.get(keys.leader)), randomId: randomUUID });
  t.equal(await forgetOldRollouts(c1.etcd, term, 1), 2);
  t.same(await core.rollouts.ids(), [ids[2]]);
  for (const prefix of [keys.steps(ids[0] ?? ''), keys.steps(ids[1] ?? '')])
    t.equal((await c1.etcd.range(prefix, { limit: 9 })).entries.length, 0);
  t.equal((await core.rollouts.operations({ uid: undefined, limit: 9, after: undefined })).operations.length, 1);
  t.equal((await c1.etcd.range(keys.operations, { limit: 9 })).entries.length, 1);
});
