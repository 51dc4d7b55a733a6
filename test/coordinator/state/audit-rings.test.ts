import { randomUUID } from 'node:crypto';
import t from 'tap';
import type { AuditPlace, AuditView } from '../../../coordinator/core.ts';
import { listAudit } from '../../../coordinator/core/audit.ts';
import { campaign } from '../../../coordinator/election.ts';
import { createEpoch, registerMember } from '../../../coordinator/state/bootstrap.ts';
import { keys } from '../../../coordinator/state/keys.ts';
import { Ledger } from '../../../coordinator/state/ledger.ts';
import { wipe } from '../../support/cluster.ts';
import { startEtcd } from '../../support/etcd.ts';
import { realClock } from '../../support/real-clock.ts';

const etcd = await startEtcd();
t.teardown(() => etcd[Symbol.asyncDispose]());
t.afterEach(() => wipe(etcd));
const client = etcd.client();
const member = { id: 'c1', grpcAddress: 'c1:1', httpsAddress: 'c1:2' };

/** A leader whose ledger begins as given. */
async function open(ledger: object): Promise<{ write: (actor: string, message: string) => Promise<void> } & AsyncDisposable> {
  await createEpoch(client, randomUUID);
  const before: unknown = JSON.parse((await client.get(keys.ledger))?.value ?? '');
  await client.txn([], [{ do: 'put', key: keys.ledger, value: JSON.stringify(Object.assign({}, before, ledger)) }]);
  const term = await campaign({ etcd: client, clock: realClock, member, ttlSeconds: 5, randomId: randomUUID });
  if (term === undefined) throw new Error('not won');
  const leader = await Ledger.open({ etcd: client, clock: realClock, term, randomId: randomUUID });
  return {
    write: (actor, message) =>
      leader.commit(() => ({ changes: [], audit: { actor, action: 'test', resource: 'cluster', message }, result: undefined })),
    [Symbol.asyncDispose]: () => term.resign(),
  };
}

function entryAt(seq: number): string {
  return JSON.stringify({ seq, at: 1, actor: 'operator/alice', action: 'test', resource: 'cluster', message: `entry ${seq}` });
}

async function list(limit: number, before?: AuditPlace): Promise<readonly AuditView[]> {
  return await listAudit(client, () => undefined)({ limit, before, resource: undefined });
}

void t.test('what nodes write pushes nothing out of what operators did, and falls out by itself', async (t) => {
  await client.txn([], [{ do: 'put', key: keys.audit(1), value: entryAt(1) }]);
  await client.txn([], [{ do: 'put', key: keys.nodeAudit(1), value: entryAt(2) }]);
  await using leader = await open({ seq: 200_000, nodeEntries: 100_000 });
  for (let count = 0; count < 3; count += 1) await leader.write('node/n1', `${count}`);
  t.ok(await client.get(keys.audit(1)), 'the oldest entry of an operator');
  t.equal(await client.get(keys.nodeAudit(1)), undefined);
  t.match(JSON.parse((await client.get(keys.nodeAudit(100_003)))?.value ?? ''), { seq: 200_003, message: '2' });
  await leader.write('operator/bob', 'x');
  t.equal(await client.get(keys.audit(1)), undefined, 'it goes when there are too many of its own kind');
  t.match(JSON.parse((await client.get(keys.audit(100_001)))?.value ?? ''), { seq: 200_004 });
});

void t.test('both rings are read as one, in the order of what happened, page by page', async (t) => {
  await using leader = await open({});
  const actors = ['operator/a', 'node/n1', 'node/n2', 'coordinator', 'node/n1', 'operator/b', 'operator/a', 'node/n2'];
  for (const [place, actor] of actors.entries()) await leader.write(actor, `${place}`);
  const all = await list(100);
  t.same(
    all.map(({ seq }) => seq),
    [8, 7, 6, 5, 4, 3, 2, 1],
  );
  t.same(all.map(({ actor }) => actor).toReversed(), actors);
  for (const size of [1, 2, 3]) {
    const read: number[] = [];
    for (let page = await list(size); page.length > 0; page = await list(size, page.at(-1)?.before)) {
      read.push(...page.map(({ seq }) => seq));
      // what comes meanwhile is no part of the pages that follow
      if (read.length === size) await leader.write('node/n3', 'late');
    }
    t.same(read.slice(-8), [8, 7, 6, 5, 4, 3, 2, 1], `pages of ${size}`);
    t.equal(new Set(read).size, read.length);
  }
});

void t.test('a log from before there were two rings goes on', async (t) => {
  for (const seq of [1, 2, 3]) await client.txn([], [{ do: 'put', key: keys.audit(seq), value: entryAt(seq) }]);
  await using leader = await open({ seq: 3, nodeEntries: undefined });
  await leader.write('node/n1', '');
  await registerMember(client, member, realClock, randomUUID);
  await leader.write('node/n1', '');
  t.same(
    (await list(100)).map(({ seq }) => seq),
    [6, 5, 4, 3, 2, 1],
  );
  t.same(
    (await list(100, (await list(3)).at(-1)?.before)).map(({ seq }) => seq),
    [3, 2, 1],
  );
});
