import { join } from 'node:path';
import t, { type Test } from 'tap';
import { createLogger } from '../../../common/log.ts';
import { Coordinators } from '../../../agent/link/coordinators.ts';
import type { FromCoordinator } from '../../../agent/link/messages.ts';
import { Session } from '../../../agent/link/session.ts';
import { WithdrawalList } from '../../../agent/link/withdrawal-list.ts';
import { fingerprintOfPem, TestAuthority } from '../../support/authority.ts';
import { closedPort, definition } from '../../support/grpc-server.ts';
import { eventually } from '../../support/eventually.ts';
import { FakeCoordinator } from './fake-coordinator.ts';

const UID = '5f2b1c1e-6a55-4c0f-9f0f-0d5a7a1c2b3d';
const authority = await TestAuthority.create();
const node = await authority.issue(`node/${UID}`);
const c1 = await authority.issue('coordinator/c1');
const c2 = await authority.issue('coordinator/c2');
const log = createLogger('test', { level: 'error', isJournal: false, write: () => undefined });

interface Running extends AsyncDisposable {
  readonly session: Session;
  readonly messages: FromCoordinator[];
  readonly withdrawals: WithdrawalList;
  losses: number;
  /** Of each round in which nobody took the node, the refusal. */
  readonly refusals: (string | undefined)[];
}

/** Runs a session to these coordinators until it is disposed of. */
async function run(t: Test, addresses: readonly string[]): Promise<Running> {
  const messages: FromCoordinator[] = [];
  const withdrawals = await WithdrawalList.open(join(t.testdir(), 'withdrawals.json'));
  const coordinators = new Coordinators(addresses);
  const refusals: (string | undefined)[] = [];
  const running = { messages, withdrawals, losses: 0, refusals };
  const session = new Session({
    credential: node,
    definition,
    coordinators,
    withdrawals,
    hello: () => Promise.resolve({ uid: UID, hostname: 'n1', withdrawalsCounter: String(withdrawals.counter) }),
    heartbeat: () => Promise.resolve({ failedServices: ['a.service'] }),
    onWelcome: (address, welcome) => void coordinators.learn(address, welcome.coordinators, welcome.httpsAddresses),
    onMessage: (message) => messages.push(message),
    onTurn: () => undefined,
    onLost: () => {
      running.losses += 1;
    },
    onUnwelcome: (refusal) => void refusals.push(refusal?.reason),
    random: () => 0.5,
    log,
  });
  const stop = new AbortController();
  const done = session.run(stop.signal);
  return Object.assign(running, {
    session,
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await done;
    },
  });
}

void t.test('a session says hello, is welcomed, sends heartbeats and hears commands', async (t) => {
  await using a = await FakeCoordinator.start(c1);
  await using running = await run(t, [a.address]);
  await eventually('welcomed', () => running.session.isOpen);
  t.match(a.session.hello, { uid: UID, hostname: 'n1' });
  await eventually('a heartbeat', () => a.session.messages.some(({ heartbeat }) => heartbeat?.failedServices[0] === 'a.service'));
  a.send({ grant: { operation: 'op-1', token: { epoch: UID, createRevision: '9' } } });
  a.send({ assign: { operation: 'BAD ID', packageDigest: 'x' } });
  a.send({ cancel: { operation: 'op-1', reason: 'r' } });
  await eventually('both good commands', () => running.messages.length === 2);
  t.same(running.messages, [
    { kind: 'grant', operation: 'op-1', token: { epoch: UID, createRevision: 9 } },
    { kind: 'cancel', operation: 'op-1', reason: 'r' },
  ]);
});

void t.test('a follower sends the agent to the leader, also to one that it did not know', async (t) => {
  await using leader = await FakeCoordinator.start(c1);
  await using follower = await FakeCoordinator.start(c2);
  follower.leader = leader.address;
  await using running = await run(t, [follower.address]);
  await eventually('a session with the leader', () => leader.sessions.length === 1);
  t.equal(follower.visits, 1);
  t.ok(running);
});

void t.test('when the leader dies the agent is with the next one within seconds', async (t) => {
  await using a = await FakeCoordinator.start(c1);
  await using b = await FakeCoordinator.start(c2);
  b.leader = a.address;
  await using running = await run(t, [a.address, b.address]);
  await eventually('a session with a', () => running.session.isOpen);
  await a.stop();
  b.leader = '';
  const { visits } = b;
  await eventually('visits during the election', () => b.visits >= visits + 2);
  t.notOk(running.session.isOpen);
  b.leader = undefined;
  await eventually('a session with b', () => b.sessions.length === 1, 3_000);
  t.equal(running.losses, 1);
});

void t.test('a coordinator that restarts is found again', async (t) => {
  await using a = await FakeCoordinator.start(c1);
  await using running = await run(t, [`127.0.0.1:${await closedPort()}`, a.address]);
  await eventually('a session', () => running.session.isOpen);
  await a.stop();
  await eventually('the loss', () => !running.session.isOpen);
  await a.start();
  await eventually('the second session', () => a.sessions.length === 2, 5_000);
  t.equal(running.losses, 1);
});

void t.test('a leader that steps down moves its agents on', async (t) => {
  await using a = await FakeCoordinator.start(c1);
  await using b = await FakeCoordinator.start(c2);
  await using running = await run(t, [a.address]);
  await eventually('a session with a', () => running.session.isOpen);
  a.leader = b.address;
  a.send({ notLeader: { leaderGrpcAddress: b.address } });
  await eventually('a session with b', () => b.sessions.length === 1, 3_000);
  t.equal(running.losses, 1);
});

void t.test('a coordinator whose certificate was withdrawn gets no hello', async (t) => {
  await using a = await FakeCoordinator.start(c1);
  await using b = await FakeCoordinator.start(c2);
  await using running = await run(t, [a.address, b.address]);
  await eventually('a session with a', () => running.session.isOpen);
  await running.withdrawals.update(1, [fingerprintOfPem(c1.certificate)]);
  t.ok(running.session.isPeer((fingerprint) => running.withdrawals.has(fingerprint)));
  running.session.drop();
  await eventually('a session with b', () => b.sessions.length === 1);
  t.equal(a.visits, 1);
});

void t.test('the list of withdrawn certificates survives a restart and never goes back', async (t) => {
  const path = join(t.testdir(), 'withdrawals.json');
  const fingerprint = 'ab'.repeat(32);
  const list = await WithdrawalList.open(path);
  t.ok(await list.update(5, [fingerprint]));
  t.notOk(await list.update(4, []));
  t.notOk(await list.update(5, []));
  const other = 'cd'.repeat(32);
  t.ok(await list.update(3, [other]), 'by a coordinator that was restored and has forgotten the first');
  const again = await WithdrawalList.open(path);
  t.equal(again.counter, 5);
  t.ok(again.has(fingerprint));
  t.ok(again.has(other));
});

void t.test('where nobody takes the node it is told whether one refused it', async (t) => {
  {
    await using running = await run(t, [`127.0.0.1:${await closedPort()}`]);
    await eventually('nobody is there', () => running.refusals.length > 0);
    t.same(running.refusals, [undefined]);
  }
  await using a = await FakeCoordinator.start(c1);
  await using running = await run(t, [a.address]);
  await eventually('a session', () => running.session.isOpen);
  await running.withdrawals.update(1, [fingerprintOfPem(c1.certificate)]);
  running.session.drop();
  await eventually('it is refused', () => running.refusals.includes('CERTIFICATE_WITHDRAWN'));
});
