import t from 'tap';
import { agentBounds } from '../../../common/agent-bounds.ts';
import { UvsError } from '../../../common/errors.ts';
import { slot } from '../../support/domain-records.ts';
import { eventually } from '../../support/eventually.ts';
import { errorOf } from '../../support/failure.ts';
import { FakeAgent, makeHub } from '../../support/hub.ts';
import { generateSigningKey } from '../../../common/upd/keys.ts';
import { followChain, givenRoot } from '../../../common/upd/root-join.ts';
import { chainOf, linkOf } from '../../support/root-chain.ts';
import { rootOf } from '../../support/upd.ts';

const never = new AbortController().signal;

void t.test('an agent that says hello is welcomed, heard and learnt', async (t) => {
  using made = makeHub();
  const { hub, learnt } = made;
  const changes: string[] = [];
  using _listening = hub.onChange((uid) => changes.push(uid));
  const agent = new FakeAgent(hub, 'n1').hello('instance-1');
  await eventually('the welcome', () => agent.received.some((message) => message.welcome !== undefined));
  t.match(agent.received[0]?.welcome, { epoch: 'e', httpsAddresses: ['c1:7444'], coordinators: ['c1:7443'] });
  t.same(learnt, ['n1']);
  t.equal(hub.live('n1')?.failedServices, undefined, 'a hello says nothing of services');
  agent.heartbeat(['ceph-osd@1.service']);
  agent.say({ message: 'progress', progress: { operation: 'op-1', phase: 'fetching', message: 'half', percent: 50 } });
  t.match(hub.live('n1'), { uid: 'n1', failedServices: ['ceph-osd@1.service'], quarantineReason: undefined });
  t.match(hub.live('n1')?.progress.get('op-1'), { phase: 'fetching', percent: 50 });
  t.same(changes, ['n1', 'n1', 'n1']);
  const heardMs = made.clock.nowMs;
  t.match(hub.lastHeard('n1'), { atMs: heardMs, endedMs: undefined });
  made.clock.nowMs += 4_000;
  agent.leave();
  t.equal(hub.live('n1'), undefined);
  t.match(hub.lastHeard('n1'), { atMs: heardMs, doing: 'fetching: half', endedMs: heardMs + 4_000 });
});

void t.test('an agent tells which units it restarts beside Ceph’s; of one of before nothing is known, which is not none', async (t) => {
  using made = makeHub();
  for (const [uid, restartableUnits] of [
    ['old', null],
    ['none', { units: [] }],
    ['some', { units: ['nginx.service'] }],
  ] as const)
    new FakeAgent(made.hub, uid).hello(`instance-${uid}`, {
      restartableUnits: restartableUnits === null ? null : { units: [...restartableUnits.units] },
    });
  await eventually('all are heard', () => ['old', 'none', 'some'].every((uid) => made.hub.live(uid) !== undefined));
  t.same(
    ['old', 'none', 'some'].map((uid) => made.hub.live(uid)?.restartable),
    [undefined, [], ['nginx.service']],
  );
});

void t.test('an agent whose word etcd did not take is to come again; one that has a name of another stays', async (t) => {
  using made = makeHub();
  made.unlearnable.set('n1', new UvsError('ETCD_UNAVAILABLE', 'no answer came in time'));
  made.unlearnable.set('n2', new UvsError('CONFLICT', 'the name is that of n3'));
  const [unheard, namesake] = [new FakeAgent(made.hub, 'n1').hello('instance-1'), new FakeAgent(made.hub, 'n2').hello('instance-2')];
  await eventually('both are in trouble', () => made.trouble.length === 2);
  t.match(unheard.ended, { reason: 'ETCD_UNAVAILABLE', message: /could not be stored/ });
  t.equal(namesake.ended, 'open');
  made.unlearnable.clear();
  new FakeAgent(made.hub, 'n1').hello('instance-1');
  await eventually('it is learnt', () => made.learnt.includes('n1'));
});

void t.test('agents are told when a coordinator has come, so that they find it when theirs dies', async (t) => {
  using made = makeHub();
  const { hub, clock, members } = made;
  const agent = new FakeAgent(hub, 'n1').hello('instance-1');
  const told = (): string[][] => agent.received.flatMap(({ welcome }) => (welcome?.coordinators ? [welcome.coordinators] : []));
  await eventually('the welcome', () => told().length === 1);
  members.push({ id: 'c2', grpcAddress: 'c2:7443', httpsAddress: 'c2:7444' });
  clock.nowMs += 1_001;
  await eventually('another welcome', () => told().length === 2);
  t.same(told(), [['c1:7443'], ['c1:7443', 'c2:7443']]);
  clock.nowMs += 6_000;
  agent.heartbeat();
  members.push({ id: 'c3', grpcAddress: 'c3:7443', httpsAddress: 'c3:7444' });
  clock.nowMs += 6_000;
  await eventually('the third', () => told().length >= 3);
  t.equal(told().length, 3, 'and nothing where nothing changed');
});

void t.test('whoever does not begin with hello, speaks for another node or is not enrolled is sent away', async (t) => {
  using made = makeHub();
  const { hub, clock } = made;
  const rude = new FakeAgent(hub, 'n1');
  rude.heartbeat();
  t.match(rude.ended, { reason: 'INVALID_ARGUMENT' });
  t.match(new FakeAgent(hub, 'n1').hello('instance-1', { uid: 'n2' }).ended, { reason: 'PERMISSION_DENIED' });
  t.match(new FakeAgent(hub, 'stranger').hello('instance-1').ended, { reason: 'PERMISSION_DENIED' });
  const twice = new FakeAgent(hub, 'n3').hello('instance-1').hello('instance-1');
  t.match(twice.ended, { reason: 'INVALID_ARGUMENT' });
  const silent = new FakeAgent(hub, 'n1');
  clock.nowMs += 60_000;
  await eventually('the end of the silent one', () => silent.ended !== 'open');
  t.match(silent.ended, { reason: 'DEADLINE_EXCEEDED' });
});

void t.test('a session that falls silent is ended by the monotonic clock, one that speaks is not', async (t) => {
  using made = makeHub();
  const { hub, clock } = made;
  const quiet = new FakeAgent(hub, 'n1').hello('instance-1');
  const lively = new FakeAgent(hub, 'n2').hello('instance-2');
  clock.nowMs += 15_000;
  lively.heartbeat();
  clock.nowMs += 10_000;
  await eventually('the end of the quiet one', () => quiet.ended !== 'open');
  t.match(quiet.ended, { reason: 'DEADLINE_EXCEEDED' });
  t.equal(lively.ended, 'open');
  t.equal(hub.live('n1'), undefined);
  t.ok(hub.live('n2'));
});

void t.test('an agent that says too much is heard, and what is only shown of it is cut', (t) => {
  using made = makeHub();
  const { hub } = made;
  const agent = new FakeAgent(hub, 'n1').hello('instance-1');
  agent.say({ message: 'progress', progress: { operation: 'op-1', phase: 'p'.repeat(100), message: 'm'.repeat(5_000), percent: -1 } });
  agent.heartbeat(Array.from({ length: 300 }, (_none, index) => `ceph-osd@${index}.service`));
  t.equal(agent.ended, 'open');
  t.match(hub.live('n1')?.progress.get('op-1'), { phase: /^p{63}…$/, message: /^m{1023}…$/ });
  const failed = hub.live('n1')?.failedServices ?? [];
  t.equal(failed.length, agentBounds.failedServices);
  t.match([failed[0], failed.at(-2), failed.at(-1)], ['ceph-osd@0.service', 'ceph-osd@62.service', 'and 237 more']);
  t.end();
});

void t.test('a probe is answered with its own nonce only, and ends when the node goes', async (t) => {
  using made = makeHub();
  const { hub } = made;
  const agent = new FakeAgent(hub, 'n1').hello('instance-1');
  const first = hub.probe('n1', never);
  const stale = agent.received.findLast((message) => message.healthProbe !== undefined)?.healthProbe?.nonce;
  agent.answerProbe('boot-1');
  t.match(await first, { bootId: 'boot-1' });
  const second = hub.probe('n1', never);
  const nonce = agent.received.findLast((message) => message.healthProbe !== undefined)?.healthProbe?.nonce;
  t.not(nonce, stale);
  agent.leave();
  t.match(await errorOf(second), { reason: 'UNREACHABLE' });
  t.match(await errorOf(hub.probe('n1', never)), { reason: 'UNREACHABLE' });
});

void t.test('of what a node leaves to operators the latest is kept, and no more than it may call open', async (t) => {
  using made = makeHub();
  const { hub } = made;
  new FakeAgent(hub, 'n1').hello('instance-1');
  for (let number = 1; number <= 1_000; number += 1) hub.leftToOperator('n1', `op-${number}`, undefined);
  const open = hub.live('n1')?.openOperations ?? [];
  t.equal(open.length, agentBounds.openOperations);
  t.equal(open.at(-1)?.operation, 'op-1000');
});

void t.test('output of an operation comes from the node in order, and its end is told', async (t) => {
  using made = makeHub();
  const { hub } = made;
  const agent = new FakeAgent(hub, 'n1').hello('instance-1');
  const lines: string[] = [];
  const reading = (async () => {
    for await (const text of hub.readOutput('n1', 'op-1', never)) lines.push(text);
  })();
  const requestId = await eventually(
    'the question',
    () => agent.received.find((message) => message.readOutput !== undefined)?.readOutput?.requestId,
  );
  agent.say({ message: 'outputChunk', outputChunk: { requestId, text: 'one', last: false } });
  agent.say({ message: 'outputChunk', outputChunk: { requestId: 'other', text: 'nobody asked', last: false } });
  agent.say({ message: 'outputChunk', outputChunk: { requestId, text: 'two', last: true } });
  await reading;
  t.equal(lines.join(''), 'onetwo');
  const broken = errorOf(
    (async () => {
      for await (const _text of hub.readOutput('n1', 'op-1', never));
    })(),
  );
  agent.leave();
  t.match(await broken, { reason: 'UNREACHABLE' });
});

void t.test('what has ended while a hello waited to be stored is not stored as open', async (t) => {
  using made = makeHub();
  const { hub, learnt, storedOpen } = made;
  const slow = Promise.withResolvers<void>();
  made.storing = slow.promise;
  const early = Array.from({ length: 8 }, (_, place) => `early-${place}`);
  for (const uid of early) new FakeAgent(hub, uid).hello('instance-1');
  const openOperations = ['op-1', 'op-2'].map((operation) => ({ operation, phase: 'confirming', token: null }));
  new FakeAgent(hub, 'n1').hello('instance-1', { openOperations });
  new FakeAgent(hub, 'n2').hello('instance-1', { openOperations });
  t.same(learnt, early, 'the others wait');
  hub.ended('n1', 'op-1');
  slow.resolve();
  await eventually('all are stored', () => learnt.length === 10);
  t.same([storedOpen.get('n1'), storedOpen.get('n2')], [['op-2'], ['op-1', 'op-2']]);
});

void t.test('while the ledger takes note of an end, what its node called open is not stored', async (t) => {
  using made = makeHub();
  const { hub, learnt, storedOpen } = made;
  const openOperations = [{ operation: 'op-1', phase: 'rebooting', token: null }];
  const [taken, failed] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const ends = [hub.ending('n1', 'op-1', true, taken.promise), hub.ending('n2', 'op-1', true, failed.promise)];
  for (const uid of ['n1', 'n2', 'n3']) new FakeAgent(hub, uid).hello('instance-1', { openOperations });
  await eventually('who has no end under way is stored', () => learnt.includes('n3'));
  t.same(learnt, ['n3']);
  taken.resolve();
  failed.reject(new UvsError('ETCD_UNAVAILABLE', 'no answer came in time'));
  await Promise.allSettled(ends);
  await eventually('so are they then', () => learnt.length === 3);
  t.same([storedOpen.get('n1'), storedOpen.get('n2')], [[], ['op-1']], 'an end that was not taken is none');
});

void t.test('a hello that comes as the term ends leaves no session behind', async (t) => {
  using made = makeHub();
  made.term.isOver = true;
  const late = new FakeAgent(made.hub, 'n1').hello('instance-1');
  t.match(late.ended, { reason: 'NOT_LEADER' });
  t.equal(made.hub.sessionCount, 0);
  made.term.isOver = false;
  t.equal(new FakeAgent(made.hub, 'n1').hello('instance-1').ended, 'open');
  t.equal(made.hub.sessionCount, 1);
});

void t.test('when the leadership is lost every agent is told where to go', async (t) => {
  using made = makeHub();
  const { hub, leadership } = made;
  const agents = ['n1', 'n2', 'n3'].map((uid) => new FakeAgent(hub, uid).hello('instance-1'));
  leadership.lose();
  for (const agent of agents) {
    t.equal(agent.ended, 'well');
    t.same(agent.received.at(-1), { notLeader: { leaderGrpcAddress: 'c2:7443' } });
  }
  t.equal(hub.sessionCount, 0);
  const late = new FakeAgent(hub, 'n1').hello('instance-1');
  t.same(late.received, [{ notLeader: { leaderGrpcAddress: 'c2:7443' } }]);
});

void t.test('a newer root file is told to agents that know an older one, and to none that takes none from a session', async (t) => {
  using made = makeHub();
  const { hub, packageRoot } = made;
  const told = (agent: FakeAgent) =>
    agent.received.filter((message) => message.packageRoot !== undefined && message.packageRoot !== null).length;
  const key = generateSigningKey();
  const given = rootOf({ version: 1, root: { keys: [key], threshold: 1 }, vendor: { keys: [key], threshold: 1, products: ['uvs'] } });
  packageRoot.set(givenRoot(given));
  const older = new FakeAgent(hub, 'n1').hello('instance-1', { packageRootVersion: 0 });
  const there = new FakeAgent(hub, 'n2').hello('instance-2');
  packageRoot.set(followChain(givenRoot(given), chainOf(linkOf(2, { root: [key], vendor: [key] }, [key]))));
  t.equal(told(there), 1);
  const all = ['n1', 'n2', 'silent'];
  t.strictSame([...hub.behindRoot(2, all)], all);
  there.heartbeat([], 2);
  t.strictSame([...hub.behindRoot(2, all)], ['n1', 'silent'], 'one has told that it knows');
  const informed = new FakeAgent(hub, 'n3').hello('instance-3', { packageRootVersion: 2 });
  const late = new FakeAgent(hub, 'n4').hello('instance-4');
  await eventually('the root file', () => told(late) === 1);
  await eventually('the welcome', () => informed.received.some((message) => message.welcome !== undefined));
  t.equal(told(informed), 0);
  t.equal(told(older), 0, 'an agent of before: it would not understand');
});

void t.test('a withdrawn certificate ends its session; the others get the list', async (t) => {
  using made = makeHub();
  const { hub, withdraw } = made;
  const bad = new FakeAgent(hub, 'n1').hello('instance-1');
  const good = new FakeAgent(hub, 'n2').hello('instance-2');
  withdraw('n1');
  t.match(bad.ended, { reason: 'CERTIFICATE_WITHDRAWN' });
  t.same(good.received.at(-1), { withdrawals: { counter: '1', fingerprints: ['n1'] } });
  const late = new FakeAgent(hub, 'n3').hello('instance-3');
  await eventually('the list', () => late.received.some((message) => message.withdrawals !== undefined));
  const informed = new FakeAgent(hub, 'n4').hello('instance-4', { withdrawalsCounter: 1 });
  await eventually('the welcome', () => informed.received.some((message) => message.welcome !== undefined));
  t.notOk(
    informed.received.some((message) => message.withdrawals !== undefined),
    'who knows the list is not sent it',
  );
});

void t.test('ten thousand agents at once cost one description of the cluster and a second of work', async (t) => {
  using made = makeHub();
  const { hub, clock, described } = made;
  const startMs = performance.now();
  const agents = Array.from({ length: 10_000 }, (_, index) => new FakeAgent(hub, `n${index}`).hello('instance-1'));
  await eventually('the welcomes', () => agents.every((agent) => agent.received.length > 0));
  for (const agent of agents) agent.heartbeat();
  const workMs = performance.now() - startMs;
  t.equal(hub.sessionCount, 10_000);
  t.ok(described() < 10, `described ${described()} times`);
  t.comment(`${Math.round(workMs)} ms for 10,000 hellos and heartbeats`);
  t.ok(workMs < 5_000);
  clock.nowMs += 60_000;
  await eventually('the sweep', () => hub.sessionCount === 0);
  t.ok(agents.every((agent) => agent.ended !== 'open'));
});

void t.test('what an agent told of an operation is forgotten once its end is reported, also where it comes after that', async (t) => {
  using made = makeHub();
  const { hub } = made;
  const agent = new FakeAgent(hub, 'n1').hello('instance-1');
  const staged = { progress: { operation: 'op-1', phase: 'staged', message: '', percent: -1 } };
  agent.say(staged);
  t.same([...(hub.live('n1')?.progress.keys() ?? [])], ['op-1']);
  hub.ended('n1', 'op-1');
  agent.say(staged);
  t.same([...(hub.live('n1')?.progress.keys() ?? [])], []);
});

void t.test('an operation that was open at the hello is open no more once its end is reported', async (t) => {
  using made = makeHub();
  const { hub } = made;
  new FakeAgent(hub, 'n1').hello('instance-1', { openOperations: [{ operation: 'op-1', phase: 'committing', token: null }] });
  t.match(hub.live('n1')?.openOperations, [{ operation: 'op-1', phase: 'committing' }]);
  hub.ended('n1', 'op-1');
  t.same(hub.live('n1')?.openOperations, []);
  hub.ended('n2', 'op-2');
  new FakeAgent(hub, 'n2').hello('instance-2', { openOperations: [{ operation: 'op-2', phase: 'confirming', token: null }] });
  t.same(hub.live('n2')?.openOperations, [], 'a hello that the end has overtaken opens nothing again');
  hub.ended('n3', 'op-4');
  new FakeAgent(hub, 'n4').hello('instance-4', { openOperations: [{ operation: 'op-4', phase: 'committing', token: null }] });
  t.match(hub.live('n4')?.openOperations, [{ operation: 'op-4' }], "what another node says ends nobody's operation");
  // etcd was put back to before the end, and the agent tells it again
  made.slots.set('n5', slot('osd-5', { state: 'begun', operation: 'op-5' }));
  hub.ended('n5', 'op-5');
  new FakeAgent(hub, 'n5').hello('instance-5', { openOperations: [{ operation: 'op-5', phase: 'done', token: null }] });
  t.match(hub.live('n5'), { openOperations: { length: 0 }, forgottenOperation: undefined }, 'it has forgotten nothing');
});

void t.test(
  'an operation that was left to an operator is shown as that, whatever phase the agent was in when its session began',
  async (t) => {
    using made = makeHub();
    const { hub } = made;
    const token = { epoch: 'e', createRevision: 7 };
    const agent = new FakeAgent(hub, 'n1').hello('instance-1', { openOperations: [{ operation: 'op-1', phase: 'post', token: null }] });
    agent.say({ progress: { operation: 'op-1', phase: 'post', message: '', percent: -1 } });
    hub.leftToOperator('n1', 'op-1', token);
    t.strictSame(hub.live('n1')?.openOperations, [{ operation: 'op-1', phase: 'needs-operator', token }]);
    t.equal(hub.live('n1')?.progress.size, 0);
    new FakeAgent(hub, 'n2').hello('instance-2');
    hub.leftToOperator('n2', 'op-2', token);
    t.match(
      hub.live('n2')?.openOperations,
      [{ operation: 'op-2', phase: 'needs-operator' }],
      'one that it knew nothing of at its hello, too',
    );
    hub.ended('n1', 'op-1');
    t.strictSame(hub.live('n1')?.openOperations, [], 'accepted, it is open no more');
  },
);
