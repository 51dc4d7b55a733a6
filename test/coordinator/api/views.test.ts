import { setImmediate } from 'node:timers/promises';
import t from 'tap';
import { CoordinatorClient } from '../../../common/rpc/client.ts';
import { Handlers } from '../../../common/rpc/handlers.ts';
import { UvsError } from '../../../common/errors.ts';
import { RolloutFeeds } from '../../../coordinator/api/rollout-feeds.ts';
import { rolloutService } from '../../../coordinator/api/rollout-service.ts';
import { Views } from '../../../coordinator/api/views.ts';
import { TestAuthority } from '../../support/authority.ts';
import { eventually } from '../../support/eventually.ts';
import { errorOf } from '../../support/failure.ts';
import { definition, startGrpcServer } from '../../support/grpc-server.ts';

const authority = await TestAuthority.create();
const server = await authority.issue('coordinator/c1');
const spec = { reboot: {}, selector: { all: true }, mode: 'ROLLOUT_MODE_ROLLING' } as const;

/** The service before a core whose plans and reads end when the test says so. */
async function serve() {
  const held = Promise.withResolvers<void>();
  const counts = { plans: 0, reads: 0, orders: 0 };
  const gone = new UvsError('NOT_FOUND', 'there is none');
  const read = async (): Promise<never> => {
    counts.reads += 1;
    await held.promise;
    throw gone;
  };
  const order = async (): Promise<never> => {
    counts.orders += 1;
    throw gone;
  };
  const rollouts = {
    plan: async () => {
      counts.plans += 1;
      await held.promise;
      return {
        steps: [],
        canaries: 0,
        waves: [],
        isPaceOfRelease: false,
        blockers: [],
        gatesAsked: 0,
        fetchBytes: 0,
        serveBytesPerSecond: undefined,
        stagingMs: undefined,
      };
    },
    create: order,
    ids: read,
    summaries: read,
    states: read,
    get: read,
    watch: async function* () {},
    pause: order,
    resume: order,
    approve: order,
    abort: order,
    operation: read,
    operations: read,
  };
  const handlers = new Handlers({ cluster: 'test', onInternal: (method, error) => console.error(method, error) });
  const feeds = new RolloutFeeds(rollouts);
  const service = rolloutService(
    handlers,
    { packages: { find: read }, rollouts },
    { feeds, trust: { demand: async () => undefined, taskLimitMs: async () => undefined } },
    new Views(),
  );
  const running = await startGrpcServer(server, { 'uvs.v1.RolloutService': { ...service } });
  return {
    counts,
    release: () => held.resolve(),
    client: async (identity: string) => new CoordinatorClient(await authority.issue(identity, [running.address]), { definition }),
    [Symbol.asyncDispose]: async () => {
      held.resolve();
      feeds[Symbol.dispose]();
      await running[Symbol.asyncDispose]();
    },
  };
}

function contextOf(name: string) {
  const peer = { identity: { cluster: 'test', kind: 'viewer', id: name.slice('viewer/'.length) }, name, fingerprint: '' } as const;
  return { peer, signal: new AbortController().signal };
}

const plan = (client: CoordinatorClient, signal?: AbortSignal) =>
  client.call('uvs.v1.RolloutService', 'PlanRollout', { spec }, { deadlineMs: 30_000, ...(signal === undefined ? {} : { signal }) });

void t.test('whoever brings many plans has one made at a time, is told so, and is in no order’s way', async (t) => {
  await using service = await serve();
  using eve = await service.client('viewer/eve');
  using alice = await service.client('operator/alice');
  const plans = Array.from({ length: 90 }, () =>
    plan(eve).then(
      () => 'made',
      (error: unknown) => (error instanceof UvsError ? error.reason : 'other'),
    ),
  );
  await eventually('the first is being made', () => service.counts.plans === 1);
  t.match(await errorOf(plan(eve)), { reason: 'TOO_MANY' });
  t.equal(service.counts.plans, 1);
  const pause = { name: 'rollouts/ro-1', reason: 'x' };
  t.match(await errorOf(alice.call('uvs.v1.RolloutService', 'PauseRollout', pause, { deadlineMs: 5_000 })), { reason: 'NOT_FOUND' });
  t.equal(service.counts.orders, 1);
  const other = plan(alice);
  await eventually('another identity does not wait for hers', () => service.counts.plans === 2);
  const get = errorOf(alice.call('uvs.v1.RolloutService', 'GetRollout', { name: 'rollouts/ro-1' }, { deadlineMs: 30_000 }));
  await eventually('nor does a read', () => service.counts.reads === 1);
  service.release();
  await Promise.all([other, get]);
  const said = await Promise.all(plans);
  t.equal(said.filter((each) => each === 'made').length, 17, 'one, and those that may wait');
  t.equal(said.filter((each) => each === 'TOO_MANY').length, 73);
});

void t.test('no view is made for a client that has gone', async (t) => {
  const views = new Views();
  const peer = { identity: { cluster: 'test', kind: 'viewer', id: 'eve' }, name: 'viewer/eve', fingerprint: '' } as const;
  const [held, gone] = [Promise.withResolvers<void>(), new AbortController()];
  const first = views.plan({ peer, signal: new AbortController().signal }, () => held.promise);
  let made = 0;
  const waiting = errorOf(views.plan({ peer, signal: gone.signal }, async () => void (made += 1)));
  gone.abort();
  await waiting;
  held.resolve();
  await first;
  t.equal(made, 0);
});

void t.test('a flood of looks at all nodes lets everything else in before each of them', async (t) => {
  const views = new Views();
  const peer = { identity: { cluster: 'test', kind: 'viewer', id: 'eve' }, name: 'viewer/eve', fingerprint: '' } as const;
  const { signal } = new AbortController();
  let [looks, others, most] = [0, 0, 0];
  const flood = Array.from({ length: 40 }, () =>
    views
      .look({ peer, signal }, async () => void (looks += 1))
      .then(
        () => 'made',
        (error: unknown) => (error instanceof UvsError ? error.reason : 'other'),
      ),
  );
  t.equal(looks, 0, 'none goes before what has come already');
  for (; others < 40; others += 1) {
    await setImmediate();
    most = Math.max(most, looks - others);
  }
  const said = await Promise.all(flood);
  t.equal(said.filter((each) => each === 'made').length, 17);
  t.equal(said.filter((each) => each === 'TOO_MANY').length, 23);
  t.ok(most <= 1, `${most} looks more than turns of the others`);
});

for (const [method, request] of [
  ['ListRollouts', {}],
  ['GetRollout', { name: 'rollouts/ro-1' }],
] as const) {
  void t.test(`${method} is one of few at once`, async (t) => {
    await using service = await serve();
    const clients = await Promise.all(['a', 'b', 'c', 'd'].map((name) => service.client(`viewer/${name}`)));
    const calls = clients.map((client) => errorOf(client.call('uvs.v1.RolloutService', method, request, { deadlineMs: 30_000 })));
    await eventually('two are made', () => service.counts.reads === 2);
    const [first] = clients;
    if (first === undefined) return;
    const more = Array.from({ length: 40 }, () => errorOf(first.call('uvs.v1.RolloutService', method, request, { deadlineMs: 30_000 })));
    t.match(await Promise.race(more), { reason: 'TOO_MANY' });
    t.equal(service.counts.reads, 2);
    service.release();
    await Promise.all([...calls, ...more]);
    for (const client of clients) client[Symbol.dispose]();
  });
}

void t.test('what is looked up in etcd is asked by one identity one at a time, and by all of them few', async (t) => {
  const views = new Views();
  const held = Promise.withResolvers<void>();
  let going = 0;
  const lookUp = (name: string): Promise<unknown> =>
    errorOf(
      views.lookUp(contextOf(name), async () => {
        going += 1;
        await held.promise;
      }),
    );
  const flood = Array.from({ length: 1_000 }, () => lookUp('viewer/eve'));
  const others = Array.from({ length: 9 }, (_, number) => lookUp(`viewer/${number}`));
  await setImmediate();
  t.equal(going, 4, 'a ledger that decides has four ahead of it at most');
  held.resolve();
  const refused = (await Promise.all(flood)).filter((error) => error instanceof UvsError && error.reason === 'TOO_MANY');
  t.equal(refused.length, 1_000 - 17);
  await Promise.all(others);
});

void t.test('an identity has so many streams open and no more, and room again once one has ended', async (t) => {
  const views = new Views();
  const endless = async function* () {
    for (;;) yield await Promise.resolve(1);
  };
  const open = (name: string) => views.stream(contextOf(name), endless);
  const streams = Array.from({ length: 64 }, () => open('viewer/eve'));
  for (const stream of streams) await stream.next();
  t.match(await errorOf(open('viewer/eve').next()), { reason: 'TOO_MANY', message: 'viewer/eve has 64 streams open already' });
  t.match(await open('viewer/other').next(), { value: 1 });
  await streams[0]?.return();
  t.match(await open('viewer/eve').next(), { value: 1 });
});
