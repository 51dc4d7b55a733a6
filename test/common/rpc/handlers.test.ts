import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { UvsError } from '../../../common/errors.ts';
import { Connection } from '../../../common/rpc/connection.ts';
import { Guard } from '../../../common/rpc/guard.ts';
import { Handlers } from '../../../common/rpc/handlers.ts';
import { RpcServer } from '../../../common/rpc/server.ts';
import type { WatchRolloutResponse } from '../../../proto/gen/uvs/v1/WatchRolloutResponse.ts';
import { TestAuthority } from '../../support/authority.ts';
import { eventually } from '../../support/eventually.ts';
import { errorOf } from '../../support/failure.ts';
import { definition } from '../../support/grpc-server.ts';

const authority = await TestAuthority.create();
const internal: UvsError[] = [];
const handlers = new Handlers({ cluster: 'test', unaryMs: 300, stallMs: 200, onInternal: (_method, error) => internal.push(error) });
const guard = new Guard({
  cluster: 'test',
  authorise: () => undefined,
  isWithdrawn: () => false,
  withdrawing: '',
  onDenied: () => undefined,
});
const server = new RpcServer({ tls: await authority.issue('coordinator/c1'), guard, definition });
let streamEnded: unknown;
let sent = 0;

server.serve('uvs.v1.GateService', {
  ListGates: handlers.unary(async () => {
    throw new UvsError('GATE_CLOSED', 'osd.2 is down', { hint: 'Wait for it.', details: { gate: 'ceph' } });
  }),
  EvaluateGates: handlers.unary(async () => {
    throw new TypeError('undefined is not the secret abc');
  }),
});
server.serve('uvs.v1.SlotService', { ListSlots: handlers.unary(async () => await sleep(60_000, {}, { ref: false })) });
server.serve('uvs.v1.RolloutService', {
  WatchRollout: handlers.serverStream(async function* (_request, { signal }): AsyncGenerator<WatchRolloutResponse> {
    try {
      for (; !signal.aborted; sent += 1) yield { rollout: { name: 'x'.repeat(60_000) }, resumeToken: String(sent) };
    } finally {
      streamEnded = 'ended';
    }
  }),
});
const port = await server.listen('127.0.0.1:0');
const connection = new Connection(`127.0.0.1:${port}`, { credential: await authority.issue('viewer/v'), definition });
t.teardown(async () => {
  connection[Symbol.dispose]();
  await server.stop(100);
});
const limits = { deadlineMs: 5_000 };

void t.test('a rejected handler is an answer, with reason, hint and details', async (t) => {
  const error = await errorOf(connection.unary('uvs.v1.GateService', 'ListGates', {}, limits));
  t.match(error, { reason: 'GATE_CLOSED', message: 'osd.2 is down', hint: 'Wait for it.', details: { gate: 'ceph' } });
});

void t.test('what went wrong inside is told to the log, not to the client', async (t) => {
  const error = await errorOf(connection.unary('uvs.v1.GateService', 'EvaluateGates', {}, limits));
  t.equal(error.reason, 'INTERNAL');
  t.notMatch(error.message, /secret/);
  t.match(internal, [{ message: /secret/ }]);
});

void t.test('a handler that never ends is answered for it', async (t) => {
  t.match(await errorOf(connection.unary('uvs.v1.SlotService', 'ListSlots', {}, limits)), { reason: 'DEADLINE_EXCEEDED' });
});

void t.test('a client that does not read is held back, then dropped; nothing piles up', async (t) => {
  const watch = connection.serverStream('uvs.v1.RolloutService', 'WatchRollout', { name: 'rollouts/x' });
  await watch.next();
  // grpc-js reads ahead until its own buffers are full; from then on nobody reads.
  await eventually('the stream is dropped', () => streamEnded === 'ended');
  t.ok(sent < 1000, `${sent} messages of 60 kB were made`);
  await watch.return();
});

void t.test('an address in use is named', async (t) => {
  const second = new RpcServer({ tls: await authority.issue('coordinator/c1'), guard, definition });
  t.match(await errorOf(second.listen(`127.0.0.1:${port}`)), { reason: 'PORT_IN_USE', details: { address: `127.0.0.1:${port}` } });
});
