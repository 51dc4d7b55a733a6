import { createHash, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import t from 'tap';
import { createCertificateRequest } from '../../../common/pki.ts';
import { Connection } from '../../../common/rpc/connection.ts';
import { identityOf } from '../../../common/tls.ts';
import { bootstrapCredential, parseJoinToken } from '../../../agent/link/join-token.ts';
import { readCoordinatorConfig } from '../../../coordinator/config.ts';
import { EtcdClient } from '../../../coordinator/etcd/client.ts';
import { embeddedEtcdFiles, embeddedEtcdName, layout } from '../../../coordinator/layout.ts';
import { keys } from '../../../coordinator/state/keys.ts';
import { makeCluster } from '../../support/running-cluster.ts';
import { eventually } from '../../support/eventually.ts';
import { errorOf } from '../../support/failure.ts';
import { definition } from '../../support/grpc-server.ts';
import { someFacts } from '../../support/hub.ts';
import { factsMessage } from '../../../coordinator/api/convert/facts.ts';
import type { SessionResponse__Output } from '../../../proto/gen/uvs/agent/v1/SessionResponse.ts';

const cluster = await makeCluster();
t.teardown(() => cluster[Symbol.asyncDispose]());
const c1 = await cluster.run();
const admin = cluster.client();
await eventually('c1 leads', async () => (await admin.call('uvs.v1.ClusterService', 'GetCluster', {})).cluster?.leader !== null);

async function token(uses: number): Promise<ReturnType<typeof parseJoinToken>> {
  const made = await admin.call('uvs.v1.EnrolmentService', 'CreateJoinToken', { uses, ttlSeconds: '60' });
  return parseJoinToken(made.token, 'token');
}

async function enrol(joinToken: ReturnType<typeof parseJoinToken>, hostname: string, roles = ['osd']) {
  const { request, keyPem } = await createCertificateRequest();
  const client = cluster.client(bootstrapCredential(joinToken, cluster.admin.authority, 'token'));
  const wish = { certificateRequest: Buffer.from(request), hostname, roles };
  return { ...(await client.call('uvs.v1.EnrolmentService', 'Enrol', wish, { isRepeatable: false })), keyPem };
}

void t.test('a token lets so many machines in as it says, and each becomes a node with a UID of its own', async (t) => {
  const two = await token(2);
  t.equal(two.authoritySha256, createHash('sha256').update(new X509Certificate(cluster.admin.authority).raw).digest('hex'));
  const first = await enrol(two, 'osd-1');
  const second = await enrol(two, 'osd-2');
  t.not(first.uid, second.uid);
  t.same(identityOf(new X509Certificate(first.certificate)), { cluster: 'test', kind: 'node', id: first.uid });
  t.equal(createHash('sha256').update(first.packageRoot).digest('hex'), two.packageRootSha256);
  t.same(first.coordinators, [c1.grpc]);
  t.match(await errorOf(enrol(two, 'osd-3')), { reason: 'PERMISSION_DENIED' }, 'used up');
  const { nodes } = await admin.call('uvs.v1.NodeService', 'ListNodes', {});
  t.match(nodes, [{ hostname: 'osd-1', roles: ['osd'] }, { hostname: 'osd-2' }]);
});

void t.test('what is wrong with a request is told before a use of the token is gone', async (t) => {
  const one = await token(1);
  t.match(await errorOf(enrol(one, 'osd-1')), { reason: 'ALREADY_EXISTS', details: { hostname: 'osd-1' } });
  t.match(await errorOf(enrol(one, 'osd-1.storage.example')), { reason: 'ALREADY_EXISTS', message: /taken for the node osd-1/ });
  t.match(await errorOf(enrol(one, 'OSD_9')), { reason: 'INVALID_ARGUMENT' });
  t.match(await errorOf(enrol(one, 'osd-9', ['o s d'])), { reason: 'INVALID_ARGUMENT' });
  const client = cluster.client(bootstrapCredential(one, cluster.admin.authority, 'token'));
  const bad = { certificateRequest: Buffer.from('nonsense'), hostname: 'osd-9', roles: [] };
  t.match(await errorOf(client.call('uvs.v1.EnrolmentService', 'Enrol', bad)), { reason: 'INVALID_ARGUMENT' });
  t.ok((await enrol(one, 'osd-9')).uid);
});

void t.test('a token that was revoked, whose lease has ended, or that never was lets nobody in', async (t) => {
  const revoked = await token(5);
  await admin.call('uvs.v1.EnrolmentService', 'RevokeJoinToken', { name: `joinTokens/${revoked.id}` });
  t.match(await errorOf(enrol(revoked, 'mds-1')), { reason: 'PERMISSION_DENIED' });
  t.match(await errorOf(enrol(revoked, 'osd-9')), { reason: 'PERMISSION_DENIED' }, 'nor does it tell which names are taken');

  const expired = await token(5);
  using etcd = await etcdClient();
  const entry = await etcd.get(keys.token(expired.id));
  t.ok(entry !== undefined && entry.lease !== '0', 'it hangs on a lease');
  t.ok((await etcd.leaseTimeToLive(entry?.lease ?? '')) <= 60);
  await etcd.leaseRevoke(entry?.lease ?? '');
  t.match(await errorOf(enrol(expired, 'mds-1')), { reason: 'PERMISSION_DENIED' });

  const invented = { ...(await token(1)), id: 'f'.repeat(32) };
  const forged = await cluster.credential('joining', invented.id);
  t.match(await errorOf(enrol({ ...invented, certificate: forged.certificate, key: forged.key }, 'mds-1')), {
    reason: 'PERMISSION_DENIED',
  });
});

void t.test('a node talks to the coordinator, until it is removed', async (t) => {
  const enrolled = await enrol(await token(1), 'mon-1', ['mon', 'mgr']);
  const credential = { ...cluster.admin, identity: `node/${enrolled.uid}`, certificate: enrolled.certificate, key: enrolled.keyPem };
  using connection = new Connection(c1.grpc, { credential, definition });
  const stream = connection.duplex('uvs.agent.v1.AgentService', 'Session');
  const messages: SessionResponse__Output[] = [];
  const failed = new Promise<unknown>((resolve) => stream.on('error', resolve));
  stream.on('data', (message: SessionResponse__Output) => messages.push(message));
  stream.write({
    hello: {
      uid: enrolled.uid,
      hostname: 'mon-1',
      addresses: ['10.0.0.7'],
      roles: ['mon', 'mgr'],
      facts: factsMessage(someFacts),
      openOperations: [],
      instance: 'instance-1',
      withdrawalsCounter: '0',
    },
  });
  stream.write({ heartbeat: { facts: null, failedServices: [] } });
  const welcome = await eventually('the welcome', () => messages.find((message) => message.message === 'welcome')?.welcome ?? undefined);
  t.match(welcome, { coordinators: [c1.grpc], httpsAddresses: [c1.https] });
  const shown = await eventually('what it said', async () => {
    const { node } = await admin.call('uvs.v1.NodeService', 'GetNode', { name: 'nodes/mon-1' });
    return node?.addresses.length === 1 ? node : undefined;
  });
  t.match(shown, { state: 'NODE_STATE_READY', facts: { cephVersion: '16.2.15' }, addresses: ['10.0.0.7'], roles: ['mon', 'mgr'] });
  t.ok(shown.lastSeenTime !== null);

  const metrics = await (await fetch(`http://${c1.metrics}/metrics`)).text();
  t.match(metrics, /uvs_agent_sessions 1/);

  const key = { packageDigest: 'a'.repeat(64), operation: 'op-1' };
  const limits = { deadlineMs: 5_000 };
  t.match(
    await errorOf(connection.unary('uvs.agent.v1.AgentService', 'GetPackageKey', key, limits)),
    { reason: 'PERMISSION_DENIED' },
    'no assignment, no key',
  );

  const removal = { name: 'nodes/mon-1', reason: 'scrapped', requestId: 'lost-answer' };
  await admin.call('uvs.v1.NodeService', 'RemoveNode', removal);
  await admin.call('uvs.v1.NodeService', 'RemoveNode', removal);
  t.match(connection.explain(await failed, 'Session'), { reason: 'CERTIFICATE_WITHDRAWN' });
  t.match(await errorOf(connection.unary('uvs.agent.v1.AgentService', 'GetPackageKey', key, limits)), { reason: 'CERTIFICATE_WITHDRAWN' });
  t.match(await errorOf(admin.call('uvs.v1.NodeService', 'GetNode', { name: 'nodes/mon-1' })), { reason: 'NOT_FOUND' });
});

void t.test('a node whose record is gone is refused even with a certificate that stands', async (t) => {
  const ghost = await cluster.credential('node', crypto.randomUUID());
  using connection = new Connection(c1.grpc, { credential: ghost, definition });
  const key = { packageDigest: 'a'.repeat(64), operation: 'op-1' };
  t.match(await errorOf(connection.unary('uvs.agent.v1.AgentService', 'GetPackageKey', key, { deadlineMs: 5_000 })), {
    reason: 'PERMISSION_DENIED',
    message: /not enrolled/,
  });
});

async function etcdClient(): Promise<EtcdClient> {
  const configPath = join(cluster.directory, layout.config);
  const { etcd } = await readCoordinatorConfig(configPath);
  const files = embeddedEtcdFiles(dirname(configPath));
  const port = etcd.kind === 'embedded' ? etcd.clientPort : 0;
  return new EtcdClient({
    endpoints: [`https://${embeddedEtcdName}:${port}`],
    tls: {
      authority: await readFile(files.authority, 'utf8'),
      certificate: await readFile(files.clientCertificate, 'utf8'),
      key: await readFile(files.clientKey, 'utf8'),
    },
    monotonicMs: () => performance.now(),
  });
}
