import { randomUUID } from 'node:crypto';
import t from 'tap';
import { campaign, Election, type Term } from '../../../coordinator/election.ts';
import { HeldLease } from '../../../coordinator/etcd/held-lease.ts';
import { EtcdMembers } from '../../../coordinator/etcd/member-health.ts';
import { keys } from '../../../coordinator/state/keys.ts';
import { wipe } from '../../support/cluster.ts';
import { EtcdWithFaults } from '../../support/etcd-faults.ts';
import { startEtcd } from '../../support/etcd.ts';
import { eventually } from '../../support/eventually.ts';
import { realClock } from '../../support/real-clock.ts';

const etcd = await startEtcd({ members: 3 });
t.teardown(() => etcd[Symbol.asyncDispose]());
t.afterEach(() => wipe(etcd));

const nowhere = { of: async () => ({ names: [], addresses: new Set<string>(), isWhole: false }) };

function contender(id: string, ttlSeconds = 3) {
  const faults = new EtcdWithFaults(etcd.client());
  const options = {
    etcd: faults,
    clock: realClock,
    member: { id, grpcAddress: `${id}:1`, httpsAddress: `${id}:2` },
    ttlSeconds,
    randomId: randomUUID,
  };
  return { faults, options };
}

async function gone(key: string): Promise<void> {
  const client = etcd.client();
  await eventually(`${key} is gone`, async () => (await client.get(key)) === undefined, 8_000);
}

void t.test('of two contenders one leads, and the other as soon as the first resigns', async (t) => {
  const [a, b] = [contender('c1'), contender('c2')];
  using first = new Election(a.options, () => undefined);
  using second = new Election(b.options, () => undefined);
  const stop = new AbortController();
  const won: { id: string; term: Term }[] = [];
  const both = [first, second].map(async (election, index) => {
    const term = await election.win(stop.signal);
    won.push({ id: index === 0 ? 'c1' : 'c2', term });
  });
  await Promise.race(both);
  const [winner] = won;
  if (winner === undefined) throw new Error('nobody won');
  await eventually('both know it', () => first.known?.id === winner.id && second.known?.id === winner.id);
  t.equal(won.length, 1);
  const entry = await a.faults.get(keys.leader);
  t.same(winner.term.guard, [
    { on: 'create', key: keys.leader, equals: entry?.createRevision },
    { on: 'value', key: keys.leader, equals: entry?.value },
  ]);
  const startMs = performance.now();
  await winner.term.resign();
  t.equal(winner.term.isCurrent(), false);
  await Promise.all(both);
  t.ok(performance.now() - startMs < 1_500, 'without waiting for the lease to end');
  await won[1]?.term.resign();
});

void t.test('a leader that can renew nothing stops at two thirds of the TTL, before etcd lets another lead', async (t) => {
  const a = contender('c1');
  const term = await campaign(a.options);
  if (term === undefined) throw new Error('not won');
  const startMs = performance.now();
  a.faults.isKeepAliveBlocked = true;
  const ended = new Promise<number>((resolve) => {
    term.signal.addEventListener('abort', () => resolve(performance.now()), { once: true });
  });
  const endedMs = (await ended) - startMs;
  t.ok(endedMs <= 2_050, `ended after ${Math.round(endedMs)} ms`);
  t.ok(endedMs > 1_000);
  t.match(term.signal.reason, { reason: 'NOT_LEADER' });
  t.equal((await etcd.client().get(keys.leader))?.value, JSON.stringify(term.leader), 'etcd still holds the key');
  await gone(keys.leader);
  t.ok(performance.now() - startMs > endedMs + 500, 'for another while');
});

void t.test('the lease asks the clock itself, for a timer may be late', async (t) => {
  const a = contender('c1');
  let nowMs = 0;
  const lease = await HeldLease.acquire(a.faults, { monotonicMs: () => nowMs, wallMs: () => 0 }, 3);
  nowMs = 1_990;
  t.equal(lease.isHeld(), true);
  nowMs = 2_001;
  t.equal(lease.isHeld(), false);
  t.equal(lease.signal.aborted, true);
  nowMs = 0;
  t.equal(lease.isHeld(), false, 'what is lost stays lost');
  await lease.release();
});

void t.test('a lease that etcd has ended ends the term at the next renewal', async (t) => {
  const a = contender('c1');
  const lease = await HeldLease.acquire(a.faults, realClock, 3);
  await etcd.client().leaseRevoke(lease.id);
  await eventually('it ended', () => !lease.isHeld(), 1_500);
  t.match(String(lease.signal.reason), /expired in etcd/);
});

void t.test('a term outlives a stopped etcd member', async (t) => {
  const a = contender('c1', 6);
  const term = await campaign(a.options);
  if (term === undefined) throw new Error('not won');
  const [member] = etcd.members;
  member?.signal('SIGSTOP');
  const client = etcd.client();
  const startMs = performance.now();
  let worstMs = 0;
  let failures = 0;
  while (performance.now() - startMs < 5_000) {
    const askedMs = performance.now();
    await client.get(keys.leader).catch(() => (failures += 1));
    worstMs = Math.max(worstMs, performance.now() - askedMs);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  member?.signal('SIGCONT');
  t.comment(`worst read ${Math.round(worstMs)} ms, ${failures} failed`);
  t.equal(term.isCurrent(), true);
  // the woken member may make the others vote, and the request wait for that too long: the key goes with its lease then
  await term.resign().catch(() => undefined);
  await eventually('its key is gone', async () => (await client.get(keys.leader)) === undefined);
});

void t.test('an answer lost in the campaign is settled by the random value', async (t) => {
  const a = contender('c1');
  a.faults.onTxn = () => 'lose-answer';
  const term = await campaign(a.options);
  t.equal(term?.isCurrent(), true);
  await term?.resign();
  a.faults.onTxn = () => 'lose-request';
  t.equal(await campaign(a.options), undefined);
});

void t.test('the health of every member is told', async (t) => {
  using members = new EtcdMembers({ endpoints: etcd.endpoints, tls: undefined, monotonicMs: () => performance.now() }, nowhere);
  t.same(
    (await members.members(AbortSignal.timeout(10_000))).map(({ isHealthy }) => isHealthy),
    [true, true, true],
  );
  await etcd.members[2]?.kill('SIGKILL');
  // where it was etcd's leader, the others need a moment to agree on another
  const after = await eventually('one is ill', async () => {
    const now = await members.members(AbortSignal.timeout(10_000));
    return now.filter(({ isHealthy }) => isHealthy).length === 2 ? now : undefined;
  });
  t.match(
    after.find(({ isHealthy }) => !isHealthy),
    { name: 'm2', message: /does not answer/ },
  );
  for (let time = 1; time <= 10; time += 1) {
    using anew = new EtcdMembers({ endpoints: etcd.endpoints, tls: undefined, monotonicMs: () => performance.now() }, nowhere);
    t.equal((await anew.members(AbortSignal.timeout(10_000))).length, 3, 'whichever is asked first');
  }
});
