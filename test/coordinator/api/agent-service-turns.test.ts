import pino from 'pino';
import t from 'tap';
import { Outbox } from '../../../agent/link/outbox.ts';
import type { Ended } from '../../../agent/ports.ts';
import { Handlers } from '../../../common/rpc/handlers.ts';
import { CoordinatorClient } from '../../../common/rpc/client.ts';
import { agentService } from '../../../coordinator/api/agent-service.ts';
import { factsMessage } from '../../../coordinator/api/convert/facts.ts';
import { TestAuthority } from '../../support/authority.ts';
import { node } from '../../support/domain-records.ts';
import { eventually } from '../../support/eventually.ts';
import { errorOf } from '../../support/failure.ts';
import { definition, startGrpcServer } from '../../support/grpc-server.ts';
import { HandClock, someFacts } from '../../support/hub.ts';

const authority = await TestAuthority.create();
const server = await authority.issue('coordinator/c1');

/** What agents call, before a core that writes down what it is told and ends it when the test says so. */
async function serve(): Promise<TestService> {
  const clock = new HandClock();
  const told: string[] = [];
  const going: string[] = [];
  let most = 0;
  let isHeld = false;
  let release = Promise.withResolvers<void>();
  const ended = async (uid: string, { operation }: { readonly operation: string }): Promise<void> => {
    going.push(uid);
    most = Math.max(most, going.length);
    if (isHeld) await release.promise;
    going.splice(going.indexOf(uid), 1);
    told.push(operation);
  };
  const asking: string[] = [];
  let answers = Promise.resolve();
  const question = async <T>(uid: string, answer: T): Promise<T> => {
    asking.push(uid);
    await answers;
    asking.splice(asking.indexOf(uid), 1);
    return answer;
  };
  const yes = (uid: string) => question(uid, { isYes: true, reason: '' });
  const healthy = (uid: string) => question(uid, { verdict: 'healthy' as const, reason: '' });
  const handlers = new Handlers({ cluster: 'test', onInternal: (method, error) => console.error(method, error) });
  const core = {
    nodes: { find: (uid: string) => ({ ...node('osd-1', ['osd']), uid }), noteLocal: ended },
    slots: { begin: yes, confirm: yes, judge: healthy, ended, packageFor: () => undefined },
  };
  const ending = (_uid: string, _operation: string, _isFinal: boolean, taken: Promise<void>): Promise<void> => taken;
  const hub = {
    open: () => ({ receive: () => undefined, closed: () => undefined }),
    live: () => undefined,
    ending,
    leftToOperator: () => undefined,
  };
  const parts = { keys: { keyFor: async () => new Uint8Array() }, trust: { demand: async () => undefined } };
  const running = await startGrpcServer(server, { 'uvs.agent.v1.AgentService': { ...agentService(handlers, core, hub, parts, clock) } });
  return {
    clock,
    told,
    going,
    asking,
    answerAfter: (promise) => {
      answers = promise;
    },
    most: () => most,
    hold: () => (isHeld = true),
    release: () => {
      isHeld = false;
      release.resolve();
      release = Promise.withResolvers();
    },
    client: async (uid) => new CoordinatorClient(await authority.issue(`node/${uid}`, [running.address]), { definition }),
    [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
  };
}

interface TestService extends AsyncDisposable {
  readonly clock: HandClock;
  /** Operations whose ends have reached the core. */
  readonly told: readonly string[];
  /** Nodes whose ends are on their way through the core. */
  readonly going: readonly string[];
  /** Nodes whose questions are being answered. */
  readonly asking: readonly string[];
  readonly answerAfter: (promise: Promise<void>) => void;
  readonly most: () => number;
  readonly hold: () => void;
  readonly release: () => void;
  readonly client: (uid: string) => Promise<CoordinatorClient>;
}

function endOf(operation: string, local = false) {
  return { operation, token: null, outcome: 'OUTCOME_FAILED' as const, message: '', outputTail: '', facts: factsMessage(someFacts), local };
}

async function report(client: CoordinatorClient, end: ReturnType<typeof endOf>): Promise<void> {
  await client.call('uvs.agent.v1.AgentService', 'ReportEnded', end, { deadlineMs: 30_000 });
}

void t.test('ends from consoles are taken at a limited rate, and a real agent loses none of them', async (t) => {
  await using service = await serve();
  using client = await service.client('n1');
  const journal = new Map<string, Ended>();
  for (let place = 0; place < 25; place += 1) {
    const operation = `op-${String(place).padStart(2, '0')}`;
    journal.set(operation, { operation, token: undefined, isLocal: true, outcome: 'done', message: '', outputTail: '' });
  }
  const all = [...journal.keys()];
  const outbox = new Outbox({
    operations: {
      openOperations: async () =>
        [...journal.values()].map((ended) => ({
          operation: ended.operation,
          phase: 'confirming',
          token: undefined,
          isInterrupted: false,
          ended,
        })),
      acknowledge: async (operation) => void journal.delete(operation),
    },
    client,
    facts: async () => someFacts,
    onAcknowledged: () => undefined,
    random: () => 0,
    log: pino({ level: 'silent' }),
  });
  const stop = new AbortController();
  t.teardown(() => stop.abort());
  const running = outbox.run(stop.signal);
  await eventually('the first are taken', () => service.told.length === 10);
  t.match(await errorOf(report(client, endOf('op-another', true))), { reason: 'TOO_MANY', hint: /an agent does so by itself/ });
  t.equal(journal.size, 15, 'what was refused is kept');
  await report(client, endOf('op-under-a-slot'));
  while (journal.size > 0) {
    const before = journal.size;
    service.clock.nowMs += 60_000;
    await eventually('more are acknowledged', () => journal.size < before);
  }
  stop.abort();
  await running;
  t.same(service.told.filter((operation) => operation !== 'op-under-a-slot').toSorted(), all, 'each once');
});

void t.test('however many nodes have ended, few of them are in the ledger’s way, one of each, and a begin passes them all', async (t) => {
  await using service = await serve();
  service.hold();
  const uids = Array.from({ length: 12 }, (_, place) => `n${place}`);
  const clients = await Promise.all(uids.map((uid) => service.client(uid)));
  const sent = clients.flatMap((client, place) => [1, 2, 3, 4].map((count) => report(client, endOf(`op-${place}-${count}`))));
  await eventually('as many go on as may', () => service.going.length === 8);
  const begin = { operation: 'op-1', token: { epoch: crypto.randomUUID(), createRevision: '1' } };
  for (const client of clients) {
    t.match(await client.call('uvs.agent.v1.AgentService', 'Begin', begin, { deadlineMs: 5_000 }), { granted: true });
  }
  t.equal(service.told.length, 0);
  t.equal(new Set(service.going).size, 8, 'one of each node');
  service.release();
  await Promise.all(sent);
  t.equal(service.told.length, sent.length);
  t.equal(service.most(), 8);
  for (const client of clients) client[Symbol.dispose]();
});

void t.test('a node’s questions are answered one after the other, and no other node waits for them', async (t) => {
  await using service = await serve();
  using client = await service.client('n1');
  using other = await service.client('n2');
  const go = Promise.withResolvers<void>();
  service.answerAfter(go.promise);
  const about = { operation: 'op-1', token: { epoch: crypto.randomUUID(), createRevision: '1' } };
  const ask = (from: CoordinatorClient) =>
    (['Begin', 'ConfirmToken', 'JudgeHealth'] as const).map((method) =>
      from.call('uvs.agent.v1.AgentService', method, about, { deadlineMs: 10_000 }),
    );
  const all = [...ask(client), ...ask(other)];
  await eventually('both are being answered', () => new Set(service.asking).size === 2);
  for (let place = 0; place < 2; place += 1) all.push(client.call('uvs.agent.v1.AgentService', 'Begin', about, { deadlineMs: 10_000 }));
  const refused = await errorOf(client.call('uvs.agent.v1.AgentService', 'Begin', about, { deadlineMs: 10_000 }));
  t.equal(refused.reason, 'TOO_MANY', 'one is being answered, four wait');
  t.same(service.asking.toSorted(), ['n1', 'n2'], 'one of each');
  go.resolve();
  await Promise.all(all);
  t.same(service.asking, []);
});
