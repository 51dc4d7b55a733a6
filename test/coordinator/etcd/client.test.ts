import t from 'tap';
import { COORDINATOR_NAME } from '../../../common/tls.ts';
import { EtcdClient } from '../../../coordinator/etcd/client.ts';
import type { Etcd, WatchEvent } from '../../../coordinator/etcd/port.ts';
import { rangeAll } from '../../../coordinator/etcd/port.ts';
import { RelistingWatch } from '../../../coordinator/etcd/relisting-watch.ts';
import { TestAuthority } from '../../support/authority.ts';
import { EtcdWithFaults } from '../../support/etcd-faults.ts';
import { eventually } from '../../support/eventually.ts';
import { startEtcd } from '../../support/etcd.ts';
import { errorOf } from '../../support/failure.ts';

const etcd = await startEtcd();
t.teardown(() => etcd[Symbol.asyncDispose]());
const client = etcd.client();

void t.test('a transaction compares create revision, mod revision, value and lease', async (t) => {
  const first = await client.txn([{ on: 'create', key: '/t/a', equals: 0 }], [{ do: 'put', key: '/t/a', value: 'one' }]);
  t.equal(first.isDone, true);
  const entry = await client.get('/t/a');
  t.match(entry, { value: 'one', createRevision: first.revision, modRevision: first.revision, lease: '0' });
  const put = [{ do: 'put', key: '/t/a', value: 'two' }] as const;
  for (const wrong of [
    { on: 'create', key: '/t/a', equals: 0 },
    { on: 'mod', key: '/t/a', equals: first.revision + 1 },
    { on: 'value', key: '/t/a', equals: 'other' },
    { on: 'lease', key: '/t/a', equals: '7' },
  ] as const) {
    t.equal((await client.txn([wrong], put)).isDone, false, wrong.on);
  }
  t.equal((await client.get('/t/a'))?.value, 'one');
  const lease = await client.leaseGrant(30);
  await client.txn([], [{ do: 'put', key: '/t/b', value: 'x', lease: lease.id }]);
  t.equal((await client.get('/t/b'))?.lease, lease.id);
  t.equal(
    (await client.txn([{ on: 'lease', key: '/t/b', equals: lease.id }], [{ do: 'put', key: '/t/b', value: 'y' }])).isDone,
    true,
    'a lease can be compared',
  );
  const kept = await client.get('/t/b');
  t.equal(kept?.lease, '0', 'a put without a lease takes the key off it');
  await client.leaseRevoke(lease.id);
  t.equal((await client.get('/t/b'))?.createRevision, kept?.createRevision, 'and its create revision stays');
});

void t.test('a lease is renewed, asked for, and gone when revoked', async (t) => {
  const lease = await client.leaseGrant(30);
  t.equal(await client.leaseKeepAlive(lease.id), 30);
  t.ok((await client.leaseTimeToLive(lease.id)) > 0);
  await client.leaseRevoke(lease.id);
  await client.leaseRevoke(lease.id);
  t.equal(await client.leaseKeepAlive(lease.id), 0);
  t.equal(await client.leaseTimeToLive(lease.id), 0);
});

void t.test('a prefix is listed page by page, both ways', async (t) => {
  for (let at = 0; at < 7; at += 1) await client.txn([], [{ do: 'put', key: `/page/${at}`, value: String(at) }]);
  await client.txn([], [{ do: 'put', key: '/pagf', value: 'not one of them' }]);
  t.same(
    (await rangeAll(client, '/page/', 3)).entries.map((entry) => entry.value),
    ['0', '1', '2', '3', '4', '5', '6'],
  );
  const newest = await client.range('/page/', { limit: 2, isDescending: true });
  t.same(
    newest.entries.map((entry) => entry.value),
    ['6', '5'],
  );
  const older = await client.range('/page/', { limit: 2, isDescending: true, after: '/page/5' });
  t.same(
    older.entries.map((entry) => entry.value),
    ['4', '3'],
  );
  await client.txn([], [{ do: 'delete-prefix', prefix: '/page/' }]);
  t.equal((await client.range('/page/', { limit: 9 })).entries.length, 0);
  t.equal((await client.get('/pagf'))?.value, 'not one of them');
});

void t.test('a watch tells every change, and that a compacted revision is over', async (t) => {
  const start = (await client.txn([], [{ do: 'put', key: '/w/a', value: '1' }])).revision;
  const seen: WatchEvent[] = [];
  using watch = client.watch('/w/', start, { events: (events) => seen.push(...events), ended: () => undefined });
  t.ok(watch);
  await client.txn([], [{ do: 'put', key: '/w/a', value: '2' }]);
  await client.txn([], [{ do: 'delete', key: '/w/a' }]);
  await eventually('three events', () => seen.length === 3);
  t.same(
    seen.map((event) => (event.kind === 'put' ? event.entry.value : 'gone')),
    ['1', '2', 'gone'],
  );

  const { revision } = await client.txn([], [{ do: 'put', key: '/w/b', value: '1' }]);
  etcd.ctl('compact', String(revision));
  const ended = Promise.withResolvers<Error>();
  using late = client.watch('/w/', start, { events: () => t.fail('events of a compacted revision'), ended: ended.resolve });
  t.ok(late);
  t.match((await ended.promise).message, /compacted/);
});

void t.test('a listing watch lists again after whatever ended its watch', async (t) => {
  let endWatch: (error: Error) => void = () => undefined;
  let lists = 0;
  const flaky = {
    get: client.get.bind(client),
    txn: client.txn.bind(client),
    leaseGrant: client.leaseGrant.bind(client),
    leaseKeepAlive: client.leaseKeepAlive.bind(client),
    leaseRevoke: client.leaseRevoke.bind(client),
    leaseTimeToLive: client.leaseTimeToLive.bind(client),
    range: (prefix: string, query: { limit: number }) => {
      lists += 1;
      return client.range(prefix, query);
    },
    watch: (prefix: string, revision: number, listener: Parameters<typeof client.watch>[2]) => {
      endWatch = (error) => listener.ended(error);
      return client.watch(prefix, lists === 1 ? 1 : revision, lists === 1 ? { ...listener, events: () => undefined } : listener);
    },
  };
  let last: string[] = [];
  using watch = new RelistingWatch(flaky, '/r/', ({ entries }) => {
    last = [...entries.values()].map((entry) => entry.value);
  });
  t.ok(watch);
  // the first watch starts at a compacted revision: etcd ends it
  await client.txn([], [{ do: 'put', key: '/r/a', value: 'a' }]);
  await eventually('listed again after compaction', () => lists === 2 && last.includes('a'));
  endWatch(new Error('connection lost'));
  await client.txn([], [{ do: 'put', key: '/r/b', value: 'b' }]);
  await eventually('listed again', () => lists === 3 && last.length === 2);
});

void t.test('an etcd that is gone is a clear error with an unknown outcome, soon', async (t) => {
  await using other = await startEtcd();
  const lone = other.client();
  await lone.txn([], [{ do: 'put', key: '/a', value: '1' }]);
  await other.members[0]?.kill('SIGKILL');
  const startMs = performance.now();
  const refusal = await errorOf(lone.txn([], [{ do: 'put', key: '/a', value: '2' }]));
  t.match(refusal, { reason: 'ETCD_UNAVAILABLE', details: { outcome: 'unknown' } });
  t.equal((await errorOf(lone.get('/a'))).reason, 'ETCD_UNAVAILABLE');
  t.ok(performance.now() - startMs < 7_000);
});

void t.test('etcd is spoken to over mutual TLS, by a name', async (t) => {
  const authority = await TestAuthority.create();
  const { certificate, key } = await authority.issue('coordinator/c1');
  const tls = { authority: authority.certificate, certificate, key };
  await using secured = await startEtcd({ tls, serverName: COORDINATOR_NAME });
  const secure = secured.client();
  await secure.txn([], [{ do: 'put', key: '/a', value: '1' }]);
  t.equal((await secure.get('/a'))?.value, '1');
  const lease = await secure.leaseGrant(30);
  t.equal(await secure.leaseKeepAlive(lease.id), 30);
  const stranger = await (await TestAuthority.create()).issue('coordinator/c1');
  using refused = new EtcdClient({
    endpoints: secured.endpoints,
    tls: { authority: authority.certificate, certificate: stranger.certificate, key: stranger.key },
    serverName: COORDINATOR_NAME,
    monotonicMs: () => performance.now(),
  });
  t.equal((await errorOf(refused.get('/a'))).reason, 'ETCD_UNAVAILABLE');
});

void t.test('a watch that says nothing any more, as on a member that is cut off, is found out by a listing', async (t) => {
  const client = etcd.client();
  const deaf: Etcd = Object.assign(new EtcdWithFaults(client), { watch: () => ({ [Symbol.dispose]: () => undefined }) });
  let heard: string | undefined;
  using watch = new RelistingWatch(deaf, '/deaf/', ({ entries }) => (heard = entries.get('/deaf/a')?.value), undefined, 50);
  t.ok(watch);
  await client.txn([], [{ do: 'put', key: '/deaf/a', value: '1' }]);
  await eventually('it is heard', () => heard === '1', 2_000);
  await client.txn([], [{ do: 'put', key: '/deaf/a', value: '2' }]);
  await eventually('it is heard again', () => heard === '2', 2_000);
  await client.txn([], [{ do: 'delete', key: '/deaf/a' }]);
  await eventually('and that it is gone', () => heard === undefined, 2_000);
});
