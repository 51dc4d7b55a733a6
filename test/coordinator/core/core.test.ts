import { randomUUID } from 'node:crypto';
import t from 'tap';
import { takeCensus } from '../../../coordinator/census.ts';
import { forgetOldRollouts } from '../../../coordinator/core/history.ts';
import type { PackageRecord } from '../../../coordinator/domain.ts';
import type { Term } from '../../../coordinator/election.ts';
import type { KeyValue } from '../../../coordinator/etcd/port.ts';
import { keys } from '../../../coordinator/state/keys.ts';
import { Ledger } from '../../../coordinator/state/ledger.ts';
import {
  enrolEight,
  FakeFleet,
  fingerprintOfCoordinator,
  operator,
  packageOf,
  specOf,
  startCoordinator,
  uidOf,
  uids,
  untilLeader,
  wipe,
} from '../../support/cluster.ts';
import { startEtcd } from '../../support/etcd.ts';
import { eventually } from '../../support/eventually.ts';
import { factsOf, nodeOf } from '../../support/fake-fleet.ts';
import { realClock } from '../../support/real-clock.ts';
import { errorOf } from '../../support/failure.ts';

const etcd = await startEtcd();
t.teardown(() => etcd[Symbol.asyncDispose]());
t.afterEach(() => wipe(etcd));

void t.test('nodes are enrolled, learnt of, labelled, cordoned and removed, and all of it is told', async (t) => {
  using fleet = new FakeFleet(uids);
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await enrolEight(core);
  t.same(
    core.nodes.list().map(({ hostname }) => hostname),
    ['demo151', 'demo152', 'demo153', 'demo154', 'demo155', 'demo156', 'demo157', 'demo158'],
  );
  t.equal((await errorOf(core.nodes.enrol(nodeOf(uidOf(1), 'other', []), operator))).reason, 'ALREADY_EXISTS');
  t.equal((await errorOf(core.nodes.enrol(nodeOf('new', 'demo151', []), operator))).reason, 'ALREADY_EXISTS');
  t.equal(core.nodes.find('demo154').uid, uidOf(4));
  t.match(await errorOf((async () => core.nodes.find('demo999'))()), { reason: 'NOT_FOUND', message: /demo999/ });

  const said = {
    hostname: 'demo154',
    addresses: ['192.0.2.1'],
    roles: ['osd'],
    facts: factsOf('2.14.16', 'boot-1', []),
    openOperations: [],
    endedOperations: [],
  };
  const seq = (await core.cluster.describe()).ledger.seq;
  await core.nodes.learn(uidOf(4), { ...said, facts: { ...said.facts, diskFreeBytes: 77 } });
  const { modRevision } = (await c1.etcd.get(keys.ledger)) ?? {};
  const fuller = { ...said.facts, diskFreeBytes: 66, diskTotalBytes: 99 };
  await core.nodes.learn(uidOf(4), { ...said, facts: fuller });
  t.equal((await c1.etcd.get(keys.ledger))?.modRevision, modRevision, 'space alone is not worth a transaction');
  await core.nodes.learn(uidOf(4), { ...said, addresses: ['192.0.2.2'], facts: { ...fuller, kernelVersion: '6.12', bootId: 'boot-2' } });
  t.match(core.nodes.find('demo154'), { addresses: ['192.0.2.2'], facts: { kernelVersion: '6.12', bootId: 'boot-2', diskFreeBytes: 66 } });
  t.match(JSON.parse((await c1.etcd.get(keys.node(uidOf(4))))?.value ?? ''), { facts: { kernelVersion: '6.12' } }, 'etcd has them too');
  t.equal((await core.cluster.describe()).ledger.seq, seq, 'what is observed takes no place in the audit log');
  await core.nodes.learn(uidOf(4), { ...said, hostname: 'demo164' });
  await core.nodes.learn(uidOf(4), { ...said, roles: ['osd', 'rgw'] });
  t.same(core.nodes.find('demo154').roles, ['osd', 'rgw']);

  for (const hostname of ['demo155', uidOf(5)]) {
    t.match(await errorOf(core.nodes.learn(uidOf(4), { ...said, roles: ['osd', 'rgw'], hostname })), {
      reason: 'CONFLICT',
      details: { owner: uidOf(5) },
    });
  }
  t.equal(core.nodes.find('demo155').uid, uidOf(5), "nobody takes another node's name");
  t.same(
    core.nodes.select({ all: false, nodes: [uidOf(5)], roles: [], labels: {} }).map(({ hostname }) => hostname),
    ['demo155'],
  );

  await core.nodes.label(uidOf(4), { rack: 'r1', row: 'a' }, [], operator, '');
  t.same((await core.nodes.label(uidOf(4), {}, ['row'], operator, '')).labels, { rack: 'r1' });
  t.same(
    core.nodes.select({ all: false, nodes: [], roles: [], labels: { rack: 'r1' } }).map(({ hostname }) => hostname),
    ['demo154'],
  );
  await core.nodes.cordon(uidOf(4), 'disk', operator, '');
  t.match(core.nodes.status(uidOf(4)), { state: 'cordoned', message: /disk/ });
  await core.nodes.uncordon(uidOf(4), 'mended', operator, '');
  t.equal(core.nodes.status(uidOf(4)).state, 'ready');
  await core.nodes.remove(uidOf(4), 'gone', operator, 'x');
  await core.nodes.remove(uidOf(4), 'gone', operator, 'x');
  t.equal(core.nodes.list().length, 7);

  const log = await core.audit.list({ limit: 100, before: undefined, resource: `nodes/${uidOf(4)}` });
  t.same(
    log.map(({ action }) => action),
    ['nodes.remove', 'nodes.uncordon', 'nodes.cordon', 'nodes.label', 'nodes.label', 'nodes.learn', 'nodes.learn', 'nodes.enrol'],
  );
  t.match(log[5], { actor: `node/${uidOf(4)}`, message: 'name demo154, was demo164; roles osd rgw, were osd' });
  t.match(log[6], { message: 'name demo164, was demo154' });
  const older = await core.audit.list({ limit: 2, before: log[1]?.before, resource: undefined });
  t.same(
    older.map((entry) => entry.seq),
    [(log[1]?.seq ?? 0) - 1, (log[1]?.seq ?? 0) - 2],
  );
});

void t.test('of a node whose connection has ended it is said so, and of one never heard in this term that', async (t) => {
  using fleet = new FakeFleet(uids);
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await enrolEight(core);
  fleet.agent(uidOf(4)).link?.end(uidOf(4));
  t.match(core.nodes.status(uidOf(4)), { state: 'silent', message: /^its connection ended \d+ s ago$/ });
  fleet.agents.delete(uidOf(4));
  etcd.ctl('del', keys.leader);
  await errorOf(core.cluster.thaw('over', operator, ''));
  await eventually('the term is over', () => !c1.coordinator.isLeader());
  const again = await untilLeader(c1);
  t.match(again.nodes.status(uidOf(4)), { state: 'silent', message: 'not heard since this coordinator leads' });
  t.equal(again.nodes.status(uidOf(5)).state, 'ready');
});

void t.test('packages are found by digest, prefix and version, and kept while a rollout needs them', async (t) => {
  using fleet = new FakeFleet(uids);
  for (const agent of fleet.agents.values()) agent.behaviour.ignoresGrants = true;
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await enrolEight(core);
  await using c2 = await startCoordinator(etcd, fleet, 'c2');
  let seen: readonly PackageRecord[] = [];
  using watch = c2.coordinator.core.packages.watch((packages) => (seen = packages));
  t.ok(watch);
  const other = { ...packageOf(`${'a'.repeat(12)}${'c'.repeat(52)}`), version: '2.14.18', holders: ['c1', 'c2'] };
  await core.packages.add(other, operator);
  await core.packages.add(other, operator);
  await eventually('a follower sees both', () => seen.length === 2);
  t.equal((await core.packages.find('2.14.18')).digest, other.digest);
  t.equal((await core.packages.find(other.digest.slice(0, 13))).version, '2.14.18');
  t.equal((await errorOf(core.packages.find('aaaaaaaa'))).reason, 'CONFLICT');
  t.equal((await errorOf(core.packages.find('aaaaaaa'))).reason, 'NOT_FOUND');
  await Promise.all([core.packages.addHolder(other.digest, 'c3'), c2.coordinator.core.packages.addHolder(other.digest, 'c4')]);
  t.same((await core.packages.find('2.14.18')).holders, ['c1', 'c2', 'c3', 'c4']);
  const { plan } = await core.rollouts.create(specOf(), operator, '');
  t.match(await errorOf(core.packages.remove(packageOf().digest, operator, '')), {
    reason: 'NOT_ALLOWED_NOW',
    message: new RegExp(plan.id),
  });
  await core.packages.remove(other.digest, operator, 'r');
  await core.packages.remove(other.digest, operator, 'r');
  await eventually('the follower sees one', () => seen.length === 1);
  t.equal((await errorOf(core.packages.addHolder(other.digest, 'c3'))).reason, 'NOT_FOUND');
  t.equal(
    (await errorOf(core.rollouts.create(specOf({ goal: { kind: 'release', package: other.digest } }), operator, ''))).reason,
    'NOT_FOUND',
  );
});

void t.test('a plan changes nothing and says what the rollout would do and what holds it up', async (t) => {
  using fleet = new FakeFleet(uids);
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await enrolEight(core);
  await core.cluster.freeze('storm', operator, '');
  const { seq } = (await core.cluster.describe()).ledger;
  const plan = await core.rollouts.plan(specOf());
  t.equal(plan.steps.length, 8);
  t.equal(plan.fetchBytes, 8_000);
  t.match(plan.blockers, [{ kind: 'freeze', message: /storm/ }]);
  t.equal((await core.cluster.describe()).ledger.seq, seq);
  t.same(await core.rollouts.list(), []);
});

void t.test('a repeated creation is one rollout', async (t) => {
  using fleet = new FakeFleet(uids);
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await enrolEight(core);
  await core.cluster.freeze('so that it waits', operator, '');
  const [one, two] = await Promise.all([core.rollouts.create(specOf(), operator, 'r1'), core.rollouts.create(specOf(), operator, 'r1')]);
  t.equal(one.plan.id, two.plan.id);
  t.equal((await core.rollouts.list()).length, 1);
  const read: string[] = [];
  const range = c1.etcd.range.bind(c1.etcd);
  c1.etcd.range = (prefix, query) => (read.push(`${prefix}${query.isKeysOnly === true ? ' keys' : ''}`), range(prefix, query));
  t.match((await takeCensus(core))?.rollouts.get('running'), 1);
  t.same(
    read.filter((prefix) => !prefix.startsWith(keys.slots) && prefix !== keys.members),
    [`${keys.rollouts} keys`],
    'monitoring reads no plans and no steps',
  );
});

void t.test('operations are listed newest first, and found by their id', async (t) => {
  using fleet = new FakeFleet(uids);
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await enrolEight(core);
  const { plan } = await core.rollouts.create(
    specOf({ selector: { all: false, nodes: ['demo154', 'demo155'], roles: [], labels: {} } }),
    operator,
    '',
  );
  await eventually('it has ended', async () => (await core.rollouts.get(plan.id)).state.endedAt !== undefined);
  const again = specOf({ selector: { all: false, nodes: ['demo154'], roles: [], labels: {} } });
  t.match(await core.rollouts.plan(again), { steps: [{ isInstalled: true }], blockers: [], fetchBytes: 0 });
  t.match(await errorOf(core.rollouts.create(again, operator, '')), { reason: 'RELEASE_NOT_NEWER' }, 'no rollout without work');
  const first = { uid: undefined, limit: 10, after: undefined };
  const all = await core.rollouts.operations(first);
  t.equal(all.operations.length, 2);
  t.equal(all.after, undefined);
  const [one] = (await core.rollouts.operations({ ...first, uid: uidOf(5) })).operations;
  t.match(one, { hostname: 'demo155', state: 'succeeded', outputTail: 'last line' });
  t.match(await core.rollouts.operation(one?.operation ?? ''), { uid: uidOf(5), rollout: plan.id });
  t.equal((await errorOf(core.rollouts.operation('op-none'))).reason, 'NOT_FOUND');
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
  t.same(
    (await core.rollouts.list()).map(({ plan }) => plan.id),
    [ids[2]],
  );
  for (const prefix of [keys.steps(ids[0] ?? ''), keys.steps(ids[1] ?? '')])
    t.equal((await c1.etcd.range(prefix, { limit: 9 })).entries.length, 0);
  t.equal((await core.rollouts.operations({ uid: undefined, limit: 9, after: undefined })).operations.length, 1);
  t.equal((await c1.etcd.range(keys.operations, { limit: 9 })).entries.length, 1);
});

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

void t.test('a join token is good for its uses and its time, whoever comes at once', async (t) => {
  using fleet = new FakeFleet(uids);
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await core.tokens.create('t1', 2, 600, operator);
  const results = await Promise.allSettled([core.tokens.consume('t1'), core.tokens.consume('t1'), core.tokens.consume('t1')]);
  t.equal(results.filter(({ status }) => status === 'fulfilled').length, 2);
  t.match(await core.tokens.list(), [{ id: 't1', usesLeft: 0 }]);
  t.ok(((await core.tokens.list())[0]?.ttlSeconds ?? 0) > 500, 'using it does not make it live longer');
  await core.tokens.create('t2', 1, 600, operator);
  await core.tokens.revoke('t2', operator);
  t.equal((await errorOf(core.tokens.consume('t2'))).reason, 'PERMISSION_DENIED');
  t.equal((await errorOf(core.tokens.revoke('t2', operator))).reason, 'NOT_FOUND');
  await core.tokens.create('t3', 9, 2, operator);
  await eventually('its time is over', async () => (await core.tokens.list()).every(({ id }) => id !== 't3'), 6_000);
  t.equal((await errorOf(core.tokens.consume('t3'))).reason, 'PERMISSION_DENIED');
});

void t.test('a withdrawn certificate is known on every coordinator', async (t) => {
  using fleet = new FakeFleet(uids);
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await using c2 = await startCoordinator(etcd, fleet, 'c2');
  const record = { serial: '0a', fingerprint: 'f'.repeat(64), identity: 'operator/bob', issuedAt: 1, isWithdrawn: false };
  await core.credentials.record(record, operator);
  await core.credentials.record({ ...record, serial: '0b', fingerprint: 'e'.repeat(64) }, operator);
  let told = 0;
  using listening = c2.coordinator.core.credentials.onWithdrawal(() => (told += 1));
  t.ok(listening);
  t.equal((await core.credentials.withdraw('0a', 'lost', operator)).isWithdrawn, true);
  t.equal(core.credentials.withdrawals().counter, 1, 'at once where it was asked');
  await core.credentials.withdraw('0a', 'lost', operator);
  await core.credentials.withdraw('0b', 'lost', operator);
  await eventually('the follower knows', () => c2.coordinator.core.credentials.withdrawals().counter === 2);
  t.ok(told >= 1);
  t.same([...c2.coordinator.core.credentials.withdrawals().fingerprints].toSorted(), ['e'.repeat(64), 'f'.repeat(64)]);
  t.equal((await errorOf(core.credentials.withdraw('0c', '', operator))).reason, 'NOT_FOUND');
  t.same(
    (await core.credentials.list()).map(({ isWithdrawn }) => isWithdrawn),
    [true, true],
  );
  await using c3 = await startCoordinator(etcd, fleet, 'c3');
  t.equal(c3.coordinator.core.credentials.withdrawals().counter, 2, 'one that has just started lets nobody in before it knows');
});

void t.test('the last admin and the coordinator that leads keep their certificates, whoever asks at the same time', async (t) => {
  using fleet = new FakeFleet(uids);
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  const record = async (serial: string, identity: string, fingerprint = serial.repeat(64)): Promise<void> =>
    await core.credentials.record({ serial, fingerprint, identity, issuedAt: 1, isWithdrawn: false }, operator);
  await record('a', 'admin/anna');
  await record('b', 'operator/bob');
  await record('c', 'coordinator/c1', fingerprintOfCoordinator('c1'));
  await record('d', 'coordinator/c1');
  t.match(await errorOf(core.credentials.withdraw('a', '', operator)), {
    reason: 'NOT_ALLOWED_NOW',
    message: 'admin/anna is the last admin',
    hint: /uvsctl credentials issue NAME --role admin/,
  });
  await core.credentials.withdraw('b', '', operator);
  await core.credentials.withdraw('d', 'an older one of the same coordinator', operator);
  t.match(await errorOf(core.credentials.withdraw('c', '', operator)), {
    reason: 'NOT_ALLOWED_NOW',
    message: 'coordinator/c1 is the last coordinator',
    hint: /uvs-coordinator add/,
  });
  await record('e', 'coordinator/c2', fingerprintOfCoordinator('c2'));
  t.match(await errorOf(core.credentials.withdraw('c', '', operator)), { reason: 'NOT_ALLOWED_NOW', message: /coordinator\/c1 leads/ });
  await core.credentials.withdraw('e', 'stolen', operator);

  await record('f', 'admin/fritz');
  const both = await Promise.allSettled([core.credentials.withdraw('a', '', operator), core.credentials.withdraw('f', '', operator)]);
  t.equal(both.filter(({ status }) => status === 'fulfilled').length, 1, 'of two admins who withdraw each other one stays');
  const admins = (await core.credentials.list()).filter(({ identity }) => identity.startsWith('admin/'));
  t.equal(admins.filter(({ isWithdrawn }) => !isWithdrawn).length, 1);
  t.match(await core.credentials.find('b'), { identity: 'operator/bob', isWithdrawn: true });
  t.equal((await errorOf(core.credentials.find('9'))).reason, 'NOT_FOUND');
});

void t.test('a node goes together with its certificate, in one transaction, however often it is asked for', async (t) => {
  using fleet = new FakeFleet(uids);
  // nobody is waited for: that is shown elsewhere
  await using c1 = await startCoordinator(etcd, fleet, 'c1', { settings: { silentAfterMs: 0 } });
  const core = await untilLeader(c1);
  await enrolEight(core);
  const isPoweredOff = true;
  fleet.agent(uidOf(5)).link = undefined;
  const record = { identity: 'node/x', issuedAt: 1, isWithdrawn: false };
  for (const [name, go] of [
    ['demo154', () => core.nodes.remove('demo154', 'stolen', operator, 'once')],
    ['demo155', () => core.nodes.writeOff('demo155', 'stolen', isPoweredOff, operator, 'twice')],
  ] as const) {
    const { credential, uid } = core.nodes.find(name);
    const fingerprint = `of ${name}`;
    await core.credentials.record({ ...record, serial: credential, fingerprint }, operator);
    let sent = 0;
    c1.etcd.onTxn = () => {
      sent += 1;
      return sent === 1 ? 'lose-answer' : 'pass';
    };
    await go();
    await go();
    t.equal(sent, 1, `${name} goes by one transaction`);
    const list = await c1.etcd.get(keys.withdrawals);
    t.match(list?.value, fingerprint);
    t.equal(list?.modRevision, (await c1.etcd.get(keys.ledger))?.modRevision);
    t.equal((await c1.etcd.get(keys.node(uid))) ?? 'gone', 'gone');
    await eventually('every call of its certificate is refused', () => core.credentials.withdrawals().fingerprints.has(fingerprint));
    t.match((await core.audit.list({ limit: 1, before: undefined, resource: `nodes/${uid}` }))[0]?.message, 'its certificate is withdrawn');
    t.match(
      (await core.credentials.list()).find(({ serial }) => serial === credential),
      { isWithdrawn: true },
    );
  }
  t.equal(core.credentials.withdrawals().counter, 2);
});

void t.test('labels are the same wish only where each of them is the same', async (t) => {
  using fleet = new FakeFleet(uids);
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await enrolEight(core);
  const uid = uidOf(4);
  await core.nodes.label(uid, { a: 'b c=d' }, [], operator, 'one');
  t.match(await errorOf(core.nodes.label(uid, { a: 'b', c: 'd' }, [], operator, 'one')), { reason: 'CONFLICT' });
  t.same((await core.nodes.label(uid, { a: 'b c=d' }, [], operator, 'one')).labels, { a: 'b c=d' });
  await core.nodes.label(uid, { a: 'b-' }, [], operator, 'two');
  t.match(await errorOf(core.nodes.label(uid, {}, ['a=b'], operator, 'two')), { reason: 'CONFLICT' });
  await core.nodes.label(uid, { rack: 'r1', row: 'a' }, ['a'], operator, 'three');
  await core.nodes.label(uid, { row: 'b' }, [], operator, '');
  t.same(
    (await core.nodes.label(uid, { row: 'a', rack: 'r1' }, ['a'], operator, 'three')).labels,
    { rack: 'r1', row: 'b' },
    'in another order it is the same wish, which was done already',
  );
});

void t.test('a budget has a scope and a number that make sense', async (t) => {
  using fleet = new FakeFleet(uids);
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  for (const [scope, nodes] of [
    ['rack/1', 1],
    ['cluster', -1],
    ['role/osd', 1.5],
    ['', 1],
  ] as const) {
    t.equal((await errorOf(core.cluster.setBudget(scope, nodes, '', operator, ''))).reason, 'INVALID_ARGUMENT');
  }
  await core.cluster.setBudget('role/osd', 3, 'night', operator, '');
  t.same((await core.cluster.describe()).ledger.budgets, { 'role/osd': 3 });
  t.equal((await errorOf(core.cluster.unsetBudget('rack/1', '', operator, ''))).reason, 'INVALID_ARGUMENT');
  await core.cluster.unsetBudget('role/osd', 'morning', operator, 'once');
  await core.cluster.setBudget('role/osd', 2, '', operator, '');
  await core.cluster.unsetBudget('role/osd', 'morning', operator, 'once');
  t.same((await core.cluster.describe()).ledger.budgets, { 'role/osd': 2 }, 'a repetition is none');
  t.match((await core.audit.list({ limit: 2, before: undefined, resource: 'budgets/role/osd' }))[1], {
    actor: 'operator/alice',
    action: 'cluster.unset-budget',
    message: 'unset, was 3: morning',
  });
});
