import t, { type Test } from 'tap';
import { agentBounds } from '../../../common/agent-bounds.ts';
import { generateSigningKey } from '../../../common/upd/keys.ts';
import { UvsError } from '../../../common/errors.ts';
import { Connection } from '../../../common/rpc/connection.ts';
import { Guard } from '../../../common/rpc/guard.ts';
import { Handlers } from '../../../common/rpc/handlers.ts';
import { RpcServer } from '../../../common/rpc/server.ts';
import { nodeService } from '../../../coordinator/api/node-service.ts';
import { Views } from '../../../coordinator/api/views.ts';
import type { NodesCore } from '../../../coordinator/core.ts';
import type { NodeRecord } from '../../../coordinator/domain.ts';
import type { LiveNode } from '../../../coordinator/ports.ts';
import { TestAuthority } from '../../support/authority.ts';
import { facts, live, node, ready } from '../../support/domain-records.ts';
import { errorOf } from '../../support/failure.ts';
import { definition } from '../../support/grpc-server.ts';
import { FakePackageRoot } from '../../support/package-root.ts';
import { realClock } from '../../support/real-clock.ts';
import { rootOf } from '../../support/upd.ts';

/** Nodes that can be listed and nothing else. */
function listed(nodes: readonly NodeRecord[]): NodesCore {
  const refuse = async (): Promise<never> => {
    throw new UvsError('INTERNAL', 'not part of this test');
  };
  return {
    list: () => nodes,
    find: (name) => node(name, []),
    select: () => [],
    status: () => ready,
    isEnrolled: refuse,
    enrol: refuse,
    epoch: () => 'epoch-1',
    learn: refuse,
    noteLocal: refuse,
    cordon: refuse,
    uncordon: refuse,
    acceptRoles: refuse,
    label: refuse,
    remove: refuse,
    writeOff: refuse,
  };
}

interface Scene {
  readonly hears: (uid: string) => LiveNode | undefined;
  readonly packageRoot: FakePackageRoot;
}

/** The service before such nodes, and a viewer's line to it. */
async function serve(
  t: Test,
  nodes: readonly NodeRecord[],
  views: Views,
  { hears = () => undefined, packageRoot = new FakePackageRoot() }: Partial<Scene> = {},
): Promise<Connection> {
  const authority = await TestAuthority.create();
  const handlers = new Handlers({ cluster: 'test', unaryMs: 5_000, stallMs: 5_000, onInternal: (_method, error) => t.error(error) });
  const guard = new Guard({
    cluster: 'test',
    authorise: () => undefined,
    isWithdrawn: () => false,
    onDenied: () => undefined,
    withdrawing: '',
  });
  const server = new RpcServer({ tls: await authority.issue('coordinator/c1'), guard, definition });
  const credentials = { withdraw: () => Promise.reject(new UvsError('INTERNAL', 'not part of this test')) };
  const core = { nodes: listed(nodes), credentials, packageRoot };
  server.serve('uvs.v1.NodeService', nodeService(handlers, core, { live: hears, lastHeardMs: () => undefined }, realClock, views));
  const port = await server.listen('127.0.0.1:0');
  t.teardown(() => server.stop(100));
  return new Connection(`127.0.0.1:${port}`, { credential: await authority.issue('viewer/v'), definition });
}

void t.test('a thousand nodes that remember all that they may are listed in pages that an answer has room for', async (t) => {
  const installed = Array.from({ length: agentBounds.components }, (_none, index) => ({
    component: `c${index}`.padEnd(64, 'x'),
    version: 'v'.repeat(128),
    epoch: 0,
    releaseSeq: 1,
    manifestHash: 'a'.repeat(64),
  }));
  const nodes = Array.from({ length: 1000 }, (_none, index) => node(`osd-${index}`, ['osd'], { facts: facts({ installed }) }));
  using connection = await serve(t, nodes, new Views());
  const names: string[] = [];
  let pageToken = '';
  do {
    const page = await connection.unary('uvs.v1.NodeService', 'ListNodes', { pageToken }, { deadlineMs: 10_000 });
    names.push(...page.nodes.map(({ hostname }) => hostname));
    pageToken = page.nextPageToken;
  } while (pageToken !== '');
  t.same(
    names,
    nodes.map(({ hostname }) => hostname),
  );
});

void t.test('a list waits for the others of its identity, and one that comes with too many is refused', async (t) => {
  const views = new Views();
  using connection = await serve(t, [node('demo154', ['osd'])], views);
  const held = Promise.withResolvers<void>();
  const peer = { identity: { cluster: 'test', kind: 'viewer', id: 'v' }, name: 'viewer/v', fingerprint: '' } as const;
  const { signal } = new AbortController();
  const looks = Array.from({ length: 17 }, () => views.look({ peer, signal }, () => held.promise));
  const list = () => connection.unary('uvs.v1.NodeService', 'ListNodes', {}, { deadlineMs: 10_000 });
  t.match(await errorOf(list()), { reason: 'TOO_MANY' });
  held.resolve();
  await Promise.all(looks);
  t.match(await list(), { nodes: [{ hostname: 'demo154' }] });
});

void t.test('a node tells its root file, and whether that of the cluster reaches it', async (t) => {
  const keys = { keys: [generateSigningKey()], threshold: 1 };
  const packageRoot = new FakePackageRoot(rootOf({ version: 3, root: keys, vendor: { ...keys, products: ['uvs'] } }));
  const hears = (uid: string) => live(uid, 0, { packageRootVersion: uid === 'uid-old' ? 2 : 3 });
  using connection = await serve(t, [node('old', ['osd']), node('new', ['osd'])], new Views(), { hears, packageRoot });
  t.match(await connection.unary('uvs.v1.NodeService', 'ListNodes', {}, { deadlineMs: 10_000 }), {
    nodes: [
      { packageRootVersion: 2, packageRootMessage: /began anew with version 3.*uvs-agent trust/ },
      { packageRootVersion: 3, packageRootMessage: '' },
    ],
  });
});
