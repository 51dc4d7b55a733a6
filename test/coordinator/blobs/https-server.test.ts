import { randomBytes } from 'node:crypto';
import { Agent } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { UvsError } from '../../../common/errors.ts';
import { clientTlsOptions } from '../../../common/tls.ts';
import { PeerClient } from '../../../coordinator/blobs/peer-client.ts';
import { startBlobServer } from '../../support/blob-server.ts';
import { packageOf } from '../../support/cluster.ts';
import { HandClock } from '../../support/hub.ts';
import { https } from '../../support/put.ts';

const digest = 'a'.repeat(64);
const idleMs = 300;
/** What the work behind an answer takes in these tests: nothing moves on the connection meanwhile. */
const workMs = 4 * idleMs;

void t.test('a copy may take longer than a connection may be idle', async (t) => {
  let taken = 0;
  const fetchFrom = async (): Promise<void> => {
    await sleep(workMs);
    taken += 1;
  };
  await using server = await startBlobServer({ idleMs, replicas: { fetchFrom } });
  using peers = new PeerClient(await server.credential('coordinator/c2'), () => false);
  const member = { id: 'c1', grpcAddress: '', httpsAddress: server.address };
  await peers.replicate(member, { digest, sizeBytes: 4e9, from: '127.0.0.1:1' }, AbortSignal.timeout(10_000));
  t.equal(taken, 1);
});

void t.test('an upload waits for its verdict longer than a connection may be idle, whether its bytes were wanted or not', async (t) => {
  const body = randomBytes(8 * 1024 * 1024);
  let isRead = true;
  await using server = await startBlobServer({
    idleMs,
    uploads: {
      maxBytes: 1e12,
      take: async (_piece, bytes) => {
        let received = 0;
        if (isRead) for await (const chunk of bytes) received += chunk.length;
        await sleep(workMs);
        return received === (isRead ? body.length : 0) ? { kind: 'done', record: packageOf(digest) } : { kind: 'more', received };
      },
    },
  });
  const operator = await server.credential('operator/olga');
  const put = { method: 'PUT', url: `https://${server.address}/v1/uploads/${digest}`, body };
  t.match(await https(operator, put), { status: 200 });
  isRead = false;
  t.match(await https(operator, put), { status: 200 }, 'the package was here already: its bytes are left unread');
});

void t.test('a client that stops in the middle of its bytes is cut off', async (t) => {
  const outcome = Promise.withResolvers<string>();
  await using server = await startBlobServer({
    idleMs,
    uploads: {
      maxBytes: 1e12,
      take: async (_piece, bytes) => {
        let received = 0;
        try {
          for await (const chunk of bytes) received += chunk.length;
        } catch (error) {
          outcome.resolve(`${received} bytes, ${String(error)}`);
        }
        return { kind: 'more', received };
      },
    },
  });
  const operator = await server.credential('operator/olga');
  const answer = https(operator, {
    method: 'PUT',
    url: `https://${server.address}/v1/uploads/${digest}`,
    headers: { 'content-length': '2000' },
    body: randomBytes(2_000),
    stopAfter: 1_000,
  });
  t.match(await outcome.promise, /^1000 bytes, UvsError: the connection broke/);
  t.equal(await answer, undefined);
});

void t.test('while etcd does not say who is enrolled, whoever was holds on to its connection, and no other is let in', async (t) => {
  const clock = new HandClock();
  let isEtcdSilent = false;
  const enrolled = new Set(['n1']);
  await using server = await startBlobServer({
    clock,
    store: { sizeOf: () => 10, pathOf: () => '' },
    isEnrolled: async (uid) => {
      if (isEtcdSilent) throw new UvsError('ETCD_UNAVAILABLE', 'etcd does not answer');
      return enrolled.has(uid);
    },
  });
  const agent = new Agent({ keepAlive: true, maxSockets: 1, ...clientTlsOptions(await server.credential('node/n1')) });
  t.teardown(() => agent.destroy());
  const node = await server.credential('node/n1');
  const head = { method: 'HEAD', url: `https://${server.address}/v1/packages/${digest}` };
  t.match(await https(node, { ...head, agent }), { status: 200 });
  clock.nowMs += 10_000;
  isEtcdSilent = true;
  t.match(await https(node, { ...head, agent }), { status: 200 });
  t.match(await https(node, head), { status: 503 });
  isEtcdSilent = false;
  enrolled.clear();
  t.match(await https(node, { ...head, agent }), { status: 403 });
  t.match(await https(await server.credential('coordinator/c2'), head), { status: 200 }, 'only nodes are enrolled');
});
