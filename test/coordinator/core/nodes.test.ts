import t from 'tap';
import { keys } from '../../../coordinator/state/keys.ts';
import {
  enrolEight,
  FakeFleet,
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
import { factsOf, nodeOf } from '../../support/fleet-records.ts';
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
  for (const hostname of ['demo151', 'demo151.storage.example', uidOf(1)]) {
    t.match(
      await errorOf(core.nodes.enrol(nodeOf('new', hostname, []), operator)),
      { reason: 'ALREADY_EXISTS', hint: /remove demo151/ },
      hostname,
    );
  }
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

  for (const hostname of ['demo155', uidOf(5), 'demo155.storage.example']) {
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
  t.match(log[5], {
    actor: `node/${uidOf(4)}`,
    message: 'name demo154, was demo164; roles osd rgw, were osd; osd goes on counting until they are accepted',
  });
  t.match(log[6], { message: 'name demo164, was demo154' });
  const older = await core.audit.list({ limit: 2, before: log[1]?.before, resource: undefined });
  t.same(
    older.map((entry) => entry.seq),
    [(log[1]?.seq ?? 0) - 1, (log[1]?.seq ?? 0) - 2],
  );
});

void t.test(
  'the first node that enrols by the name of a coordinator’s machine has it; one that is enrolled does not take it',
  async (t) => {
    using fleet = new FakeFleet(uids);
    await using c1 = await startCoordinator(etcd, fleet, 'c1', { nodeName: 'Mon1.storage.example' });
    const core = await untilLeader(c1);
    await enrolEight(core);
    const uid = uidOf(4);
    const call = (hostname: string) =>
      core.nodes.learn(uid, {
        hostname,
        addresses: [],
        roles: ['osd'],
        facts: fleet.agent(uid).facts,
        openOperations: [],
        endedOperations: [],
      });
    t.match(await errorOf(call('mon1')), {
      reason: 'CONFLICT',
      message: `node ${uid} says that it is mon1, which is the name of the machine of coordinator c1`,
    });
    t.equal(core.nodes.find(uid).hostname, 'demo154', 'it keeps its name');
    t.strictSame(
      JSON.parse((await c1.etcd.get(keys.member('c1')))?.value ?? ''),
      { id: 'c1', grpcAddress: 'c1.test:7100', httpsAddress: 'c1.test:7101' },
      'coordinators of the version before refuse a member of which they do not know every key',
    );
    await core.nodes.enrol(nodeOf('new', 'mon1', ['mon']), operator);
    t.match(await errorOf(core.nodes.enrol(nodeOf('newer', 'mon1.storage.example', ['mon']), operator)), { reason: 'ALREADY_EXISTS' });
  },
);

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

void t.test('roles that a node says by now count in place of others once an operator has accepted those that he has seen', async (t) => {
  using fleet = new FakeFleet(uids);
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await enrolEight(core);
  const uid = uidOf(4);
  const say = (...roles: string[]) =>
    core.nodes.learn(uid, {
      hostname: 'demo154',
      addresses: [],
      roles,
      facts: fleet.agent(uid).facts,
      openOperations: [],
      endedOperations: [],
    });
  await say('rgw');
  await say('nfs');
  t.match(core.nodes.find(uid), { roles: ['nfs'], acceptedRoles: ['osd'] }, 'what was only said and is not said any more is nothing');
  t.match(await errorOf(core.nodes.acceptRoles(uid, ['rgw'], 'a gateway now', operator, '')), {
    reason: 'CONFLICT',
    message: 'demo154 says by now that its roles are nfs, not rgw',
  });
  t.match(await core.nodes.acceptRoles(uid, ['nfs'], 'a gateway now', operator, 'a1'), { roles: ['nfs'], acceptedRoles: undefined });
  await say('mon');
  t.match(await core.nodes.acceptRoles(uid, ['nfs'], 'a gateway now', operator, 'a1'), { acceptedRoles: ['nfs'] }, 'a repetition is none');
  await say('nfs');
  t.match(core.nodes.find(uid), { roles: ['nfs'], acceptedRoles: undefined });
  t.match(
    (await core.audit.list({ limit: 9, before: undefined, resource: `nodes/${uid}` })).find(({ action }) => action.includes('accept')),
    {
      actor: 'operator/alice',
      message: 'demo154: roles nfs, counted as osd: a gateway now',
    },
  );
});

void t.test('two monitors and a node that says that it is one are no three', async (t) => {
  using fleet = new FakeFleet(uids);
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  for (const [index, role] of ['mon', 'mon', 'osd'].entries()) {
    await core.nodes.enrol(nodeOf(uidOf(index + 1), `demo${151 + index}`, [role]), { identity: 'joining/t1' });
  }
  await core.packages.add(packageOf(), operator);
  const uid = uidOf(3);
  const { facts } = fleet.agent(uid);
  await core.nodes.learn(uid, { hostname: 'demo153', addresses: [], roles: ['mon'], facts, openOperations: [], endedOperations: [] });
  const plan = () => core.rollouts.plan(specOf({ selector: { all: false, nodes: ['demo151'], roles: [], labels: {} } }));
  t.match(await errorOf(plan()), { message: /one of 2 monitors/ });
  await core.nodes.acceptRoles(uid, ['mon'], 'a third monitor', operator, '');
  t.equal((await plan()).steps.length, 1);
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
