import t from 'tap';
import { Connection } from '../../../common/rpc/connection.ts';
import { Guard } from '../../../common/rpc/guard.ts';
import { Handlers } from '../../../common/rpc/handlers.ts';
import { RpcServer } from '../../../common/rpc/server.ts';
import { TestAuthority } from '../../support/authority.ts';
import { eventually } from '../../support/eventually.ts';
import { errorOf } from '../../support/failure.ts';
import { definition } from '../../support/grpc-server.ts';

const authority = await TestAuthority.create();
const credential = await authority.issue('coordinator/c1');

/** A server that holds the calls of nodes as long as the test says, and writes down whose calls reach a handler. */
async function serve() {
  const state = { holdMs: 0, isWithdrawn: false, handled: [] as string[], held: 0, denied: [] as string[] };
  const guard = new Guard({
    cluster: 'test',
    authorise: () => undefined,
    isWithdrawn: () => state.isWithdrawn,
    holdMs: ({ identity }) => {
      if (identity.kind !== 'node') return 0;
      state.held += 1;
      return state.holdMs;
    },
    withdrawing: '',
    onDenied: ({ error }) => state.denied.push(error.reason),
  });
  const handlers = new Handlers({ cluster: 'test', onInternal: (_method, error) => console.error(error) });
  const server = new RpcServer({ tls: credential, guard, definition });
  server.serve('uvs.v1.SlotService', {
    ListSlots: handlers.unary(async (_request, { peer }) => {
      state.handled.push(peer.name);
      return {};
    }),
  });
  const port = await server.listen('127.0.0.1:0');
  const connect = async (name: string): Promise<Connection> =>
    new Connection(`127.0.0.1:${port}`, { credential: await authority.issue(name), definition });
  return { state, guard, connect, [Symbol.asyncDispose]: () => server.stop(100) };
}

async function call(connection: Connection, deadlineMs = 10_000): Promise<void> {
  await connection.unary('uvs.v1.SlotService', 'ListSlots', {}, { deadlineMs });
}

void t.test('a call that has to wait reaches its handler later, and others pass it', async (t) => {
  await using server = await serve();
  using node = await server.connect('node/n1');
  using viewer = await server.connect('viewer/v');
  server.state.holdMs = 200;
  await call(viewer);
  const startMs = performance.now();
  const held = call(node);
  await eventually('it is held', () => server.state.held === 1);
  await call(viewer);
  t.same(server.state.handled, ['viewer/v', 'viewer/v']);
  await held;
  t.ok(performance.now() - startMs > 190);
  t.same(server.state.handled, ['viewer/v', 'viewer/v', 'node/n1']);
});

void t.test('a client that goes while its call waits leaves nothing behind', async (t) => {
  await using server = await serve();
  using node = await server.connect('node/n1');
  server.state.holdMs = 1_500;
  // a machine that is busy brings it there in that time, too
  t.match(await errorOf(call(node, 750)), { reason: 'DEADLINE_EXCEEDED' });
  t.equal(server.state.held, 1);
  // as long again: whatever was left behind by the first would be handled before
  await call(node);
  t.same(server.state.handled, ['node/n1']);
  server.state.isWithdrawn = true;
  server.guard.closeWithdrawn();
  t.same(server.state.denied, [], 'no call is open');
});

void t.test('a certificate that is withdrawn while a call waits ends it at once', async (t) => {
  await using server = await serve();
  using node = await server.connect('node/n1');
  server.state.holdMs = 60_000;
  const held = errorOf(call(node));
  await eventually('it is held', () => server.state.held === 1);
  server.state.isWithdrawn = true;
  server.guard.closeWithdrawn();
  t.match(await held, { reason: 'CERTIFICATE_WITHDRAWN' });
  server.state.holdMs = 50;
  t.match(await errorOf(call(node)), { reason: 'CERTIFICATE_WITHDRAWN', hint: /join again/ });
  t.same(server.state.handled, []);
  t.same(server.state.denied, ['CERTIFICATE_WITHDRAWN', 'CERTIFICATE_WITHDRAWN']);
});
