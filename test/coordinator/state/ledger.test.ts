import { randomUUID } from 'node:crypto';
import t from 'tap';
import { Watermark } from '../../../coordinator/core/watermark.ts';
import { campaign, type Term } from '../../../coordinator/election.ts';
import { createEpoch, registerMember } from '../../../coordinator/state/bootstrap.ts';
import { auditEntry } from '../../../coordinator/state/audit-rings.ts';
import { readEtcdState } from '../../../coordinator/state/etcd-state.ts';
import { keys } from '../../../coordinator/state/keys.ts';
import { Ledger } from '../../../coordinator/state/ledger.ts';
import type { Seen } from '../../../coordinator/state/seen.ts';
import { recordText } from '../../../coordinator/state/parse.ts';
import { Requests } from '../../../coordinator/state/requests.ts';
import { operator, wipe } from '../../support/cluster.ts';
import { EtcdWithFaults } from '../../support/etcd-faults.ts';
import { startEtcd } from '../../support/etcd.ts';
import { nodeOf } from '../../support/fleet-records.ts';
import { realClock } from '../../support/real-clock.ts';
import { eventually } from '../../support/eventually.ts';
import { errorOf } from '../../support/failure.ts';

const etcd = await startEtcd();
t.teardown(() => etcd[Symbol.asyncDispose]());
t.afterEach(() => wipe(etcd));

const member = { id: 'c1', grpcAddress: 'c1:1', httpsAddress: 'c1:2' };

async function open(
  watermark?: Watermark,
): Promise<{ faults: EtcdWithFaults; ledger: Ledger; term: Term; requests: Requests } & AsyncDisposable> {
  const faults = new EtcdWithFaults(etcd.client());
  await createEpoch(faults, randomUUID);
  const term = await campaign({ etcd: faults, clock: realClock, member, ttlSeconds: 5, randomId: randomUUID });
  if (term === undefined) throw new Error('not won');
  const ledger = await Ledger.open({
    etcd: faults,
    clock: realClock,
    term,
    randomId: randomUUID,
    ...(watermark === undefined ? {} : { watermark }),
  });
  return {
    faults,
    ledger,
    term,
    requests: new Requests(faults, ledger, realClock),
    [Symbol.asyncDispose]: async () => {
      faults.onTxn = () => 'pass';
      await term.resign();
    },
  };
}

const audit = { actor: 'operator/alice', action: 'test', resource: 'cluster', message: '' };

void t.test('the epoch is made once, whoever is first', async (t) => {
  const client = etcd.client();
  await Promise.all([createEpoch(client, randomUUID), createEpoch(etcd.client(), randomUUID)]);
  const first = await client.get(keys.epoch);
  await createEpoch(client, randomUUID);
  t.equal((await client.get(keys.epoch))?.value, first?.value);
});

void t.test('an epoch without a ledger is refused', async (t) => {
  const client = etcd.client();
  await createEpoch(client, randomUUID);
  await client.txn([], [{ do: 'delete', key: keys.ledger }]);
  t.match((await errorOf(createEpoch(client, randomUUID))).message, /has .*epoch but not the other/);
});

void t.test('each change writes the ledger and one audit entry, in one transaction', async (t) => {
  await using leader = await open();
  const result = await leader.ledger.commit(() => ({ changes: [], ledger: { budgets: { cluster: 2 } }, audit, result: 'done' }));
  t.equal(result, 'done');
  const [ledger, entry] = [await leader.faults.get(keys.ledger), await leader.faults.get(keys.audit(1))];
  t.match(JSON.parse(ledger?.value ?? ''), { seq: 1, budgets: { cluster: 2 } });
  t.match(JSON.parse(entry?.value ?? ''), { seq: 1, actor: 'operator/alice', action: 'test' });
  t.equal(ledger?.modRevision, entry?.modRevision);
});

void t.test('it is known for how long a decision has not been taken', async (t) => {
  await using leader = await open();
  t.equal(leader.ledger.unwrittenMs, 0);
  const { promise, resolve } = Promise.withResolvers<void>();
  const committed = leader.ledger.commit(async () => {
    await promise;
    return { changes: [], audit, result: undefined };
  });
  await eventually('it takes a while', () => leader.ledger.unwrittenMs > 20);
  resolve();
  await committed;
  t.equal(leader.ledger.unwrittenMs, 0);
});

void t.test('a decision made from an outdated ledger is made again', async (t) => {
  await using leader = await open();
  const seen: number[] = [];
  await leader.ledger.commit(async (mirror) => {
    seen.push(mirror.ledger.seq);
    if (seen.length === 1) await registerMember(etcd.client(), { ...member, id: 'c2' }, realClock, randomUUID);
    return { changes: [], audit, result: mirror.members.size };
  });
  t.same(seen, [0, 1], 'the second time from the ledger as it is');
  t.ok(leader.ledger.mirror.members.has('c2'));
  t.equal(leader.ledger.mirror.ledger.seq, 2);
});

void t.test('a lost answer is settled by the request id: the change is made once', async (t) => {
  await using leader = await open();
  let sent = 0;
  leader.faults.onTxn = () => {
    sent += 1;
    return sent === 1 ? 'lose-answer' : 'pass';
  };
  await leader.ledger.commit(() => ({ changes: [], audit, result: undefined }));
  t.equal(sent, 1);
  t.equal(leader.ledger.mirror.ledger.seq, 1);
  leader.faults.onTxn = () => {
    sent += 1;
    return sent === 2 ? 'lose-request' : 'pass';
  };
  await leader.ledger.commit(() => ({ changes: [], audit, result: undefined }));
  t.equal(sent, 3);
  t.equal((await leader.faults.range(keys.audits, { limit: 9 })).entries.length, 2);
});

void t.test('a promise whose answer was lost is remembered like any other, by one write', async (t) => {
  await createEpoch(etcd.client(), randomUUID);
  const written: Seen[] = [];
  const watermark = await Watermark.open({
    read: async () => undefined,
    write: async (seen) => {
      if (written.push(seen) > 3) throw new Error('written over and over');
    },
  });
  watermark.judge(await readEtcdState(etcd.client(), undefined), undefined);
  await using leader = await open(watermark);
  let sent = 0;
  leader.faults.onTxn = () => {
    sent += 1;
    return sent === 1 ? 'lose-answer' : 'pass';
  };
  await leader.ledger.commit(() => ({ changes: [], audit, isPromise: true, result: undefined }));
  t.equal(sent, 1);
  const revision = (await leader.faults.get(keys.ledger))?.modRevision;
  t.match(written, [{ revision, landmark: { key: keys.audit(1), revision } }]);
  t.equal(written.length, 1);
});

void t.test('a ledger that others moved on is followed; one that has lost what was decided ends the term, at any revision', async (t) => {
  await createEpoch(etcd.client(), randomUUID);
  const watermark = await Watermark.open({ read: async () => undefined, write: async () => undefined });
  watermark.judge(await readEtcdState(etcd.client(), undefined), undefined);
  await using leader = await open(watermark);
  const commit = (): Promise<void> => leader.ledger.commit(() => ({ changes: [], audit, result: undefined }));
  await commit();
  await registerMember(etcd.client(), { id: 'c2', grpcAddress: 'c2.test:1', httpsAddress: 'c2.test:2' }, realClock, randomUUID);
  await commit();
  const lost = await leader.faults.get(keys.audit(3));
  if (lost === undefined) throw new Error('no entry');
  // put back to before it, and written on by somebody else
  const other = auditEntry({ seq: 2, nodeEntries: 0 }, { at: 0, ...audit });
  const ledger = { ...leader.ledger.mirror.ledger, ...other.counts, requestId: 'another' };
  await etcd.client().txn([], [...other.changes, { do: 'put', key: keys.ledger, value: recordText(ledger) }]);
  t.match(await errorOf(commit()), {
    reason: 'NOT_LEADER',
    message: new RegExp(`lost what was decided at revision ${lost.modRevision}, .* put back to an older state$`),
  });
  t.equal(watermark.landmark ?? 'none', 'none');
});

void t.test(
  'what is only observed is one transaction like any other, also with a lost answer, and no entry of the audit log',
  async (t) => {
    await using leader = await open();
    let sent = 0;
    leader.faults.onTxn = () => {
      sent += 1;
      return sent === 1 ? 'lose-answer' : 'pass';
    };
    const record = nodeOf('n1', 'demo154', ['osd']);
    await leader.ledger.commit(() => ({ changes: [{ of: 'node', record }], audit: undefined, result: undefined }));
    t.equal(sent, 1);
    t.equal(leader.ledger.mirror.nodes.get('n1')?.hostname, 'demo154');
    t.equal((await leader.faults.get(keys.node('n1')))?.modRevision, (await leader.faults.get(keys.ledger))?.modRevision);
    await leader.ledger.commit(() => ({ changes: [], audit, result: undefined }));
    const { entries } = await leader.faults.range(keys.audits, { limit: 9 });
    t.same(
      entries.map(({ key }) => key),
      [keys.audit(1)],
    );
  },
);

void t.test('a transaction that arrives after it was given up changes nothing', async (t) => {
  await using leader = await open();
  let sent = 0;
  leader.faults.onTxn = () => {
    sent += 1;
    return sent === 1 ? 'delay' : 'pass';
  };
  await leader.ledger.commit((mirror) => ({
    changes: [],
    ledger: { budgets: { cluster: mirror.ledger.seq + 5 } },
    audit,
    result: undefined,
  }));
  t.same(
    (await leader.faults.sendDelayed()).map(({ isDone }) => isDone),
    [false],
  );
  t.match(JSON.parse((await leader.faults.get(keys.ledger))?.value ?? ''), { seq: 1 });
});

void t.test('a late write of a step can not undo a later one', async (t) => {
  await using leader = await open();
  const step = {
    rollout: 'ro-1',
    uid: 'u1',
    hostname: '',
    state: 'staging' as const,
    operation: 'op-1',
    attempt: 1,
    message: '',
    outcome: undefined,
    beganAt: undefined,
    endedAt: undefined,
    outputTail: '',
    earlier: [],
  };
  let sent = 0;
  leader.faults.onTxn = () => {
    sent += 1;
    return sent === 1 ? 'delay' : 'pass';
  };
  await leader.ledger.writeSteps([{ of: 'step', record: step }]);
  await leader.ledger.writeSteps([{ of: 'step', record: { ...step, state: 'staged' } }]);
  t.same(
    (await leader.faults.sendDelayed()).map(({ isDone }) => isDone),
    [false],
  );
  t.match(JSON.parse((await leader.faults.get(keys.step('ro-1', 'u1')))?.value ?? ''), { state: 'staged' });
});

void t.test('who does not lead any more writes nothing', async (t) => {
  await using leader = await open();
  // what a new leader looks like after this one was thought dead
  await etcd.client().txn([], [{ do: 'put', key: keys.leader, value: '{"id":"c2"}' }]);
  const refusal = await errorOf(leader.ledger.commit(() => ({ changes: [], audit, result: undefined })));
  t.equal(refusal.reason, 'NOT_LEADER');
  t.equal(leader.term.isCurrent(), false);
  t.match(JSON.parse((await etcd.client().get(keys.ledger))?.value ?? ''), { seq: 0 });
});

void t.test('a repeated request changes nothing and gets the same result', async (t) => {
  await using leader = await open();
  const request = { actor: operator, action: 'test.do', content: { to: 'osd-1' }, requestId: 'r1' };
  let made = 0;
  const decide = () => {
    made += 1;
    return { changes: [], audit: { resource: 'cluster', message: '' }, result: `made-${made}` };
  };
  const [first, second] = await Promise.all([leader.requests.perform(request, decide), leader.requests.perform(request, decide)]);
  t.equal(first, 'made-1');
  t.equal(second, 'made-1');
  // as a new leader would see it
  const again = new Requests(leader.faults, leader.ledger, realClock);
  t.equal(await again.perform(request, decide), 'made-1');
  t.equal(leader.ledger.mirror.ledger.seq, 1);
  t.equal((await errorOf(again.perform({ ...request, action: 'test.other' }, decide))).reason, 'CONFLICT');
  const elsewhere = await errorOf(again.perform({ ...request, content: { to: 'osd-2' } }, decide));
  t.match(elsewhere, { reason: 'CONFLICT', message: /another test\.do/ }, 'what was not done is not said to be done');
  t.equal(await again.perform({ ...request, actor: { identity: 'operator/bob' } }, decide), 'made-2', 'ids belong to who used them');
});

void t.test('a request after the lease of the request ids was lost fails once, and the next one does not', async (t) => {
  await using leader = await open();
  const decide = () => ({ changes: [], audit: { resource: 'cluster', message: '' }, result: 'made' });
  const request = (requestId: string) => ({ actor: operator, action: 'test.do', content: {}, requestId });
  await leader.requests.perform(request('r1'), decide);
  const [entry] = (await leader.faults.range('/uvs/v1/requests/', { limit: 1 })).entries;
  await leader.faults.leaseRevoke(entry?.lease ?? '');
  t.match(await errorOf(leader.requests.perform(request('r2'), decide)), { reason: 'ETCD_UNAVAILABLE', details: { outcome: 'none' } });
  t.equal(await leader.requests.perform(request('r2'), decide), 'made');
});

void t.test('a record that can not be read is named', async (t) => {
  await using leader = await open();
  await leader.faults.txn([], [{ do: 'put', key: keys.node('u1'), value: '{"uid":"u1","surprise":1}' }]);
  const refusal = await errorOf(Ledger.open({ etcd: leader.faults, clock: realClock, term: leader.term, randomId: randomUUID }));
  t.match(refusal.message, /\/uvs\/v1\/nodes\/u1/);
});

void t.test('a leader that can not read what etcd holds by now leads no more', async (t) => {
  await using leader = await open();
  const { faults, ledger, term } = leader;
  const held = await faults.get(keys.ledger);
  await faults.txn(
    [],
    [
      { do: 'put', key: keys.member('newer'), value: JSON.stringify({ ...member, id: 'newer', surprise: 1 }) },
      { do: 'put', key: keys.ledger, value: held?.value ?? '' },
    ],
  );
  t.ok(term.isCurrent());
  t.match(await errorOf(ledger.commit(() => ({ changes: [], audit, result: '' }))), { reason: 'INTERNAL', message: /members\/newer/ });
  t.notOk(term.isCurrent(), 'another one may be able to');
});
