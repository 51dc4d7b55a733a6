import { randomUUID } from 'node:crypto';
import t from 'tap';
import { forgetOldRollouts } from '../../../coordinator/core/history.ts';
import type { Term } from '../../../coordinator/election.ts';
import type { KeyValue } from '../../../coordinator/etcd/port.ts';
import { keys } from '../../../coordinator/state/keys.ts';
import { parseRecord, recordText } from '../../../coordinator/state/parse.ts';
import { planSchema } from '../../../coordinator/state/records.ts';
import { KEPT_TRIES } from '../../../coordinator/step-tries.ts';
import { Ledger } from '../../../coordinator/state/ledger.ts';
import { enrolEight, FakeFleet, operator, specOf, startCoordinator, uidOf, uids, untilLeader, wipe } from '../../support/cluster.ts';
import { startEtcd } from '../../support/etcd.ts';
import { eventually } from '../../support/eventually.ts';
import { errorOf } from '../../support/failure.ts';
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

void t.test('a step that is tried again remembers its last operations, and nothing is left of those before', async (t) => {
  using fleet = new FakeFleet(uids);
  fleet.agent(uidOf(4)).behaviour.outcome = 'failed';
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await enrolEight(core);
  const selector = { all: false, nodes: ['demo154', 'demo155'], roles: [], labels: {} };
  const { plan } = await core.rollouts.create(specOf({ selector }), operator, '');
  const operations: string[] = [];
  const known = KEPT_TRIES + 1;
  for (let attempt = 1; attempt <= known + 2; attempt += 1) {
    if (attempt > 1) await core.rollouts.resume(plan.id, 'once more', operator, '');
    await eventually('it has failed', async () => (await core.rollouts.get(plan.id)).state.state === 'paused');
    const [step, other] = (await core.rollouts.get(plan.id)).steps;
    operations.unshift(step?.operation ?? '');
    const { entries } = await c1.etcd.range(keys.operations, { limit: 20 });
    t.same(
      entries.map(({ key }) => key),
      [...operations.slice(0, known), other?.operation ?? ''].map(keys.operation).toSorted(),
    );
    const page = await core.rollouts.operations({ uid: uidOf(4), limit: 20, after: undefined });
    t.same(
      page.operations.map((one) => one.operation),
      operations.slice(0, known),
    );
  }
  t.equal(new Set(operations).size, known + 2);
  t.match(await core.rollouts.operation(operations[known - 1] ?? ''), {
    isEarlier: true,
    outcome: 'failed',
    attempt: 3,
    hostname: 'demo154',
  });
  t.match(await errorOf(core.rollouts.operation(operations[known] ?? '')), { reason: 'NOT_FOUND', hint: /output\/OPERATION\.log/ });
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
    await core.rollouts.resume(plan.id, 'once more', operator, '');
    await eventually('it has failed again', async () => (await core.rollouts.get(plan.id)).state.state === 'paused');
    await core.rollouts.abort(plan.id, '', operator, '');
    await eventually('it has ended', async () => (await core.rollouts.get(plan.id)).state.endedAt !== undefined);
    ids.push(plan.id);
  }
  // made by leaders whose clocks went back: the order of their making counts
  for (const [place, id] of ids.entries()) {
    const entry = await c1.etcd.get(keys.rolloutPlan(id));
    if (entry === undefined) throw new Error(`no plan of ${id}`);
    const value = recordText({ ...parseRecord(planSchema, entry), createdAt: 1_000 - place });
    await c1.etcd.txn([], [{ do: 'put', key: entry.key, value }]);
  }
  const term = await Ledger.open({ etcd: c1.etcd, clock: realClock, term: standIn(await c1.etcd.get(keys.leader)), randomId: randomUUID });
  t.equal(await forgetOldRollouts(c1.etcd, term, 1), 2);
  t.same(await core.rollouts.ids(), [ids[2]]);
  for (const prefix of [keys.steps(ids[0] ?? ''), keys.steps(ids[1] ?? '')])
    t.equal((await c1.etcd.range(prefix, { limit: 9 })).entries.length, 0);
  t.equal((await core.rollouts.operations({ uid: undefined, limit: 9, after: undefined })).operations.length, 2);
  t.equal((await c1.etcd.range(keys.operations, { limit: 9 })).entries.length, 2, 'both tries of the one that is kept');
});
