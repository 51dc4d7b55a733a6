import t from 'tap';
import { agentBounds } from '../../../common/agent-bounds.ts';
import { Connection } from '../../../common/rpc/connection.ts';
import { factsMessage } from '../../../coordinator/api/convert/facts.ts';
import type { ReportEndedRequest } from '../../../proto/gen/uvs/agent/v1/ReportEndedRequest.ts';
import type { SessionResponse__Output } from '../../../proto/gen/uvs/agent/v1/SessionResponse.ts';
import type { NodeFacts } from '../../../proto/gen/uvs/v1/NodeFacts.ts';
import { enrolNode } from '../../support/enrolled-node.ts';
import { eventually } from '../../support/eventually.ts';
import { definition } from '../../support/grpc-server.ts';
import { someFacts } from '../../support/hub.ts';
import { makeCluster } from '../../support/running-cluster.ts';

const cluster = await makeCluster();
t.teardown(() => cluster[Symbol.asyncDispose]());
const c1 = await cluster.run();
const admin = cluster.client();
await eventually('c1 leads', async () => (await admin.call('uvs.v1.ClusterService', 'GetCluster', {})).cluster?.leader !== null);
const { uid, credential } = await enrolNode(cluster, 'osd-1');
const connection = new Connection(c1.grpc, { credential, definition });
t.teardown(() => connection[Symbol.dispose]());

/** Facts of a node with so many components, as an agent says them. */
function factsWith(components: number, more: Partial<NodeFacts> = {}): NodeFacts {
  const release = { version: '1.0.2', epoch: '0', releaseSeq: '2', manifestHash: 'a'.repeat(64) };
  const installed = Array.from({ length: components }, (_none, index) => ({
    ...release,
    component: `c${String(index).padStart(3, '0')}`,
  }));
  return { ...factsMessage(someFacts), installed, ...more };
}

async function shownFacts() {
  const { node } = await admin.call('uvs.v1.NodeService', 'GetNode', { name: `nodes/${uid}` });
  return node?.facts;
}

async function reportEnd(
  operation: string,
  facts: NodeFacts | null,
  noSlotReason = '',
  more: Partial<ReportEndedRequest> = {},
): Promise<unknown> {
  const end = { operation, outcome: 'OUTCOME_INSTALLED', message: 'done', facts, local: true, noSlotReason, ...more } as const;
  return await connection.unary('uvs.agent.v1.AgentService', 'ReportEnded', end, { deadlineMs: 5_000 });
}

void t.test('a node with as many components as a package may bring is heard, and all of them are known', async (t) => {
  const stream = connection.duplex('uvs.agent.v1.AgentService', 'Session');
  const failed: unknown[] = [];
  stream.on('error', (error) => failed.push(error));
  const messages: SessionResponse__Output[] = [];
  stream.on('data', (message: SessionResponse__Output) => messages.push(message));
  const hello = { uid, hostname: 'osd-1', addresses: [], roles: ['osd'], instance: 'instance-1', withdrawalsCounter: '0' };
  stream.write({ hello: { ...hello, facts: factsWith(agentBounds.components), openOperations: [] } });
  await eventually('the welcome', () => failed.length > 0 || messages.some(({ message }) => message === 'welcome'));
  t.same(failed, []);
  t.equal((await shownFacts())?.installed.length, agentBounds.components);
  stream.cancel();
});

void t.test('the end of an operation is heard whatever facts come with it', async (t) => {
  const absurd = factsWith(300, { board: 'b'.repeat(10_000), diskFreeBytes: '-1', diskTotalBytes: '9223372036854775807' });
  await reportEnd('op-absurd', absurd);
  t.match(await shownFacts(), { diskFreeBytes: '0', diskTotalBytes: String(Number.MAX_SAFE_INTEGER), board: /^b{255}…$/ });
  t.equal((await shownFacts())?.installed.length, agentBounds.components, 'what is beyond the bound is cut');
  await reportEnd('op-none', null);
  t.equal((await shownFacts())?.installed.length, agentBounds.components, 'without facts they are as they were');
  const { events } = await admin.call('uvs.v1.EventService', 'ListEvents', { resource: `nodes/${uid}` });
  for (const operation of ['op-absurd', 'op-none'])
    t.ok(
      events.some(({ message }) => message.includes(operation)),
      operation,
    );
});

void t.test('what was done at a console without a slot is in the audit log with the reason that was given there', async (t) => {
  await reportEnd('op-reason', null, `the rack is\u001b[31m down${'!'.repeat(2000)}`);
  const { events } = await admin.call('uvs.v1.EventService', 'ListEvents', { resource: `nodes/${uid}` });
  t.match(events[0], {
    actor: `node/${uid}`,
    action: 'nodes.local-operation',
    message: /^osd-1: op-reason from its console, without a slot \(the rack is.\[31m down!+…\): installed \(done\)$/u,
  });
  t.ok((events[0]?.message.length ?? 0) < 1200, 'an absurd one is cut');
});

void t.test(
  'a node that says that an operation needs an operator shows that from then on, whatever it was in the middle of before',
  async (t) => {
    const stream = connection.duplex('uvs.agent.v1.AgentService', 'Session');
    stream.on('error', () => undefined);
    let isWelcome = false;
    stream.on('data', ({ message }: SessionResponse__Output) => (isWelcome ||= message === 'welcome'));
    const hello = { uid, hostname: 'osd-1', addresses: [], roles: ['osd'], instance: 'instance-2', withdrawalsCounter: '0' };
    const token = { epoch: '0f0e0d0c-0b0a-4908-8706-050403020100', createRevision: '7' };
    stream.write({ hello: { ...hello, facts: factsWith(1), openOperations: [{ operation: 'op-post', phase: 'post', token }] } });
    await eventually('the welcome', () => isWelcome);
    const shown = async () => (await admin.call('uvs.v1.NodeService', 'GetNode', { name: `nodes/${uid}` })).node;
    t.match(await shown(), { state: 'NODE_STATE_QUARANTINED', stateMessage: /works on op-post \(post\) with a token/ });
    await reportEnd('op-post', null, '', { outcome: 'OUTCOME_NEEDS_OPERATOR', local: false, token });
    t.match(await shown(), { state: 'NODE_STATE_NEEDS_OPERATOR', stateMessage: /; uvs-agent recover --accept op-post --reason TEXT;/ });
    stream.cancel();
  },
);
