import { createServer, type Socket } from 'node:net';
import type { sendUnaryData, ServerUnaryCall, ServerWritableStream } from '@grpc/grpc-js';
import t from 'tap';
import type { Credential } from '../../../common/credential.ts';
import { UvsError } from '../../../common/errors.ts';
import { CoordinatorClient } from '../../../common/rpc/client.ts';
import { encodeError } from '../../../common/rpc/error-details.ts';
import type { GetClusterResponse } from '../../../proto/gen/uvs/v1/GetClusterResponse.ts';
import { fingerprintOfPem, TestAuthority } from '../../support/authority.ts';
import { errorOf } from '../../support/failure.ts';
import { closedPort, definition, startGrpcServer } from '../../support/grpc-server.ts';

type Answer = () => UvsError | string | undefined;
let served: string[] = [];

/** Handlers of which GetCluster answers with the name given, or fails. */
function cluster(name: string, answer: Answer = () => name) {
  return {
    'uvs.v1.ClusterService': {
      GetCluster: (_call: ServerUnaryCall<unknown, GetClusterResponse>, done: sendUnaryData<GetClusterResponse>): void => {
        served.push(name);
        const result = answer();
        if (result === undefined) return; // never answers
        if (result instanceof UvsError) done(encodeError(result));
        else done(null, { cluster: { epoch: result } });
      },
    },
  };
}

const authority = await TestAuthority.create();
const server = await authority.issue('coordinator/c1');
const operator = await authority.issue('operator/alice');
const at = (...coordinators: string[]): Credential => ({ ...operator, coordinators });
const ask = async (credential: Credential, deadlineMs = 5_000, options = {}): Promise<string | undefined> => {
  using client = new CoordinatorClient(credential, { definition, ...options });
  const { cluster: answer } = await client.call('uvs.v1.ClusterService', 'GetCluster', {}, { deadlineMs });
  return answer?.epoch;
};
t.beforeEach(() => {
  served = [];
});

void t.test('a call is answered over mutual TLS', async (t) => {
  await using a = await startGrpcServer(server, cluster('a'));
  t.equal(await ask(at(a.address)), 'a');
});

void t.test('a follower names the leader and the client goes there, also where the credential does not know it', async (t) => {
  await using leader = await startGrpcServer(server, cluster('leader'));
  await using follower = await startGrpcServer(
    server,
    cluster('follower', () => new UvsError('NOT_LEADER', 'c1 does not lead', { details: { leader: leader.address } })),
  );
  using client = new CoordinatorClient(at(follower.address), { definition });
  await client.call('uvs.v1.ClusterService', 'GetCluster', {});
  await client.call('uvs.v1.ClusterService', 'GetCluster', {});
  t.same(served, ['follower', 'leader', 'leader'], 'the leader is remembered');
  t.equal(client.lastAddress, leader.address);
});

void t.test('an unreachable coordinator is passed over', async (t) => {
  await using a = await startGrpcServer(server, cluster('a'));
  t.equal(await ask(at(`127.0.0.1:${await closedPort()}`, a.address)), 'a');
});

void t.test('a coordinator that takes the connection and is silent is passed over', async (t) => {
  const sockets: Socket[] = [];
  const silent = createServer((socket) => sockets.push(socket));
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    silent.close();
    for (const socket of sockets) socket.destroy();
  });
  const address = silent.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  await using a = await startGrpcServer(server, cluster('a'));
  t.equal(await ask(at(`127.0.0.1:${port}`, a.address), 5_000, { connectMs: 300 }), 'a');
});

void t.test('where nobody answers the error names every address', async (t) => {
  const ports = [await closedPort(), await closedPort()];
  const error = await errorOf(ask(at(...ports.map((port) => `127.0.0.1:${port}`))));
  t.equal(error.reason, 'UNREACHABLE');
  for (const port of ports) t.match(error.message, `127.0.0.1:${port}`);
  t.ok(error.hint);
});

void t.test('a coordinator that does not answer the call is DEADLINE_EXCEEDED', async (t) => {
  await using a = await startGrpcServer(
    server,
    cluster('a', () => undefined),
  );
  const error = await errorOf(ask(at(a.address), 300));
  t.equal(error.reason, 'DEADLINE_EXCEEDED');
  t.match(error.message, 'GetCluster');
});

void t.test('an election is waited through, and ends as NO_LEADER at the deadline', async (t) => {
  let isElected = false;
  const notLeader = new UvsError('NOT_LEADER', 'nobody leads', { details: { leader: '' } });
  await using a = await startGrpcServer(
    server,
    cluster('a', () => (isElected ? 'a' : notLeader)),
  );
  t.equal((await errorOf(ask(at(a.address), 700))).reason, 'NO_LEADER');
  const pending = ask(at(a.address));
  isElected = true;
  t.equal(await pending, 'a');
});

void t.test('where etcd has no quorum that is said, by whoever knows it, and not that nobody answered in time', async (t) => {
  const noQuorum = new UvsError('ETCD_UNAVAILABLE', 'etcd does not answer', { hint: 'Look at etcd.' });
  const notLeader = new UvsError('NOT_LEADER', 'nobody leads', { details: { leader: '' } });
  await using a = await startGrpcServer(
    server,
    cluster('a', () => notLeader),
  );
  await using b = await startGrpcServer(
    server,
    cluster('b', () => noQuorum),
  );
  t.match(await errorOf(ask(at(a.address, b.address), 700)), { reason: 'ETCD_UNAVAILABLE', hint: 'Look at etcd.' });
  t.match(await errorOf(ask(at(`127.0.0.1:${await closedPort()}`, b.address))), {
    reason: 'ETCD_UNAVAILABLE',
    message: 'etcd does not answer',
  });
  let round = 0;
  await using slow = await startGrpcServer(
    server,
    cluster('slow', () => (++round === 1 ? notLeader : undefined)),
  );
  t.match(await errorOf(ask(at(slow.address), 900)), { reason: 'NO_LEADER', message: /within 0\.9 s/ });
});

void t.test('one that is cut off from etcd names who led last, who is asked also where the credential does not know him', async (t) => {
  await using leader = await startGrpcServer(server, cluster('leader'));
  const cutOff = new UvsError('ETCD_UNAVAILABLE', 'etcd does not answer', { details: { leader: leader.address } });
  await using follower = await startGrpcServer(
    server,
    cluster('follower', () => cutOff),
  );
  t.equal(await ask(at(follower.address)), 'leader');
});

void t.test('reason, hint and details of an error arrive', async (t) => {
  const thrown = new UvsError('FROZEN', 'the cluster is frozen', { hint: 'Run: uvsctl thaw', details: { by: 'operator/bob' } });
  await using a = await startGrpcServer(
    server,
    cluster('a', () => thrown),
  );
  const error = await errorOf(ask(at(a.address)));
  t.match(error, { reason: 'FROZEN', message: 'the cluster is frozen', hint: 'Run: uvsctl thaw', details: { by: 'operator/bob' } });
});

void t.test('a server of another authority is AUTHORITY_MISMATCH', async (t) => {
  const other = await TestAuthority.create();
  await using a = await startGrpcServer(await other.issue('coordinator/c1'), cluster('a'));
  const error = await errorOf(ask(at(a.address)));
  t.equal(error.reason, 'AUTHORITY_MISMATCH');
  t.same(served, []);
});

void t.test('a node that poses as a coordinator, or a coordinator of another cluster, is refused', async (t) => {
  await using a = await startGrpcServer(await authority.issue('node/n1'), cluster('a'));
  t.equal((await errorOf(ask(at(a.address)))).reason, 'UNAUTHENTICATED');
  await using named = await startGrpcServer(await authority.issue('node/n1', [], true), cluster('named'));
  t.match(await errorOf(ask(at(named.address))), { reason: 'UNAUTHENTICATED', message: /uvs:\/\/test\/node\/n1, not a coordinator/ });
  await using b = await startGrpcServer(server, cluster('b'));
  const error = await errorOf(ask({ ...at(b.address), cluster: 'elsewhere' }));
  t.equal(error.reason, 'UNAUTHENTICATED');
  t.match(error.message, 'uvs://test/coordinator/c1');
  t.same(served, []);
});

void t.test('a withdrawn coordinator certificate is refused and another coordinator is asked', async (t) => {
  const withdrawn = fingerprintOfPem(server.certificate);
  const isWithdrawn = (fingerprint: string): boolean => fingerprint === withdrawn;
  await using a = await startGrpcServer(server, cluster('a'));
  await using b = await startGrpcServer(await authority.issue('coordinator/c2'), cluster('b'));
  t.equal((await errorOf(ask(at(a.address), 5_000, { isWithdrawn }))).reason, 'CERTIFICATE_WITHDRAWN');
  t.equal(await ask(at(a.address, b.address), 5_000, { isWithdrawn }), 'b');
  t.same(served, ['b']);
});

void t.test('a client without a certificate of the authority is refused', async (t) => {
  const other = await TestAuthority.create();
  const stranger = await other.issue('operator/mallory');
  await using a = await startGrpcServer(server, cluster('a'));
  const error = await errorOf(ask({ ...at(a.address), certificate: stranger.certificate, key: stranger.key }));
  t.equal(error.reason, 'UNREACHABLE');
  t.match(error.hint, 'certificate');
  t.same(served, []);
});

void t.test('a stream is followed to the leader, delivers in order and ends when the consumer stops', async (t) => {
  let cancelled = (): void => undefined;
  const isCancelled = new Promise<void>((resolve) => {
    cancelled = resolve;
  });
  const streaming = (name: string, error?: UvsError) => ({
    'uvs.v1.RolloutService': {
      WatchRollout: (call: ServerWritableStream<unknown, object>): void => {
        served.push(name);
        if (error !== undefined) {
          call.emit('error', encodeError(error));
          return;
        }
        call.on('cancelled', cancelled);
        call.write({ resumeToken: '1' });
        call.write({ resumeToken: '2' });
      },
    },
  });
  await using leader = await startGrpcServer(server, streaming('leader'));
  await using follower = await startGrpcServer(
    server,
    streaming('follower', new UvsError('NOT_LEADER', 'no', { details: { leader: leader.address } })),
  );
  using client = new CoordinatorClient(at(follower.address), { definition });
  let count = 0;
  for await (const message of client.stream('uvs.v1.RolloutService', 'WatchRollout', { name: 'rollouts/ro-1' })) {
    t.ok(message);
    if (++count === 2) break;
  }
  t.equal(count, 2);
  await isCancelled;
  t.same(served, ['follower', 'leader']);
});

void t.test('what must not be done twice is asked of nobody else once it may have been done', async (t) => {
  for (const [reason, details] of [
    ['NOT_LEADER', { leader: '', sent: 'perhaps' }],
    ['ETCD_UNAVAILABLE', { outcome: 'unknown' }],
  ] as const) {
    served = [];
    await using a = await startGrpcServer(
      server,
      cluster('a', () => new UvsError(reason, 'it was decided, and is not kept', { details })),
    );
    await using b = await startGrpcServer(server, cluster('b'));
    using client = new CoordinatorClient(at(a.address, b.address), { definition });
    const once = client.call('uvs.v1.ClusterService', 'GetCluster', {}, { deadlineMs: 5_000, isRepeatable: false });
    t.match(await errorOf(once), { reason: 'UNREACHABLE', message: /may have taken effect or not: it was decided/ }, reason);
    t.same(served, ['a'], reason);
    t.match(await client.call('uvs.v1.ClusterService', 'GetCluster', {}), { cluster: { epoch: 'b' } }, 'all else goes on to the next');
  }
});
