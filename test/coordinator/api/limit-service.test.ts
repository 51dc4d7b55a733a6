import { setImmediate } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { UvsError } from '../../../common/errors.ts';
import { Connection } from '../../../common/rpc/connection.ts';
import { Guard } from '../../../common/rpc/guard.ts';
import { Handlers } from '../../../common/rpc/handlers.ts';
import { RpcServer } from '../../../common/rpc/server.ts';
import { limitService, type LimitsHearing } from '../../../coordinator/api/limit-service.ts';
import { Views } from '../../../coordinator/api/views.ts';
import type { LimitsCore, UnitInScope } from '../../../coordinator/core.ts';
import type { ScopedNode } from '../../../coordinator/declared/scope.ts';
import type { LimitRecord, NodeRecord } from '../../../coordinator/domain.ts';
import { limitsOf } from '../../../coordinator/declared/limits.ts';
import { TestAuthority } from '../../support/authority.ts';
import { node } from '../../support/domain-records.ts';
import { errorOf } from '../../support/failure.ts';
import { definition } from '../../support/grpc-server.ts';

const nodes: readonly NodeRecord[] = [node('demo154', ['osd']), node('demo155', ['osd']), node('demo151', ['mon'])];
const unit = 'ceph-osd@*.service';

/** Limits in memory, set and taken back as the leader does it. */
class MemoryLimits {
  readonly records: LimitRecord[] = [];

  list(): readonly LimitRecord[] {
    return this.records;
  }
  of(uid: string) {
    const found = nodes.find((each) => each.uid === uid);
    return found === undefined ? undefined : limitsOf(found, this.records);
  }
  async set(at: UnitInScope, values: Readonly<Record<string, string>>): Promise<LimitRecord> {
    const record = { ...at, values };
    this.records.push(record);
    return record;
  }
  async unset(at: UnitInScope): Promise<undefined> {
    const index = this.records.findIndex((record) => record.scope === at.scope && record.unit === at.unit);
    if (index === -1) throw new UvsError('NOT_FOUND', `nothing is set of ${at.unit}`);
    this.records.splice(index, 1);
  }
  imagine(at: UnitInScope, change: Parameters<LimitsCore['imagine']>[1]) {
    const after =
      'set' in change ? [...this.records, { ...at, values: change.set }] : this.records.filter(({ unit: its }) => its !== at.unit);
    return (its: ScopedNode) => limitsOf(its, after);
  }
  onChange(): Disposable {
    return { [Symbol.dispose]: () => undefined };
  }
}

const silent: LimitsHearing = { limits: () => undefined, foreseeLimits: () => Promise.resolve(undefined) };

async function serve(t: Test, limits: MemoryLimits, hearing: LimitsHearing = silent): Promise<Connection> {
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
  const found = (name: string): NodeRecord => {
    const node = nodes.find(({ hostname, uid }) => hostname === name || uid === name);
    if (node === undefined) throw new UvsError('NOT_FOUND', `there is no node ${name}`);
    return node;
  };
  const core = { limits, nodes: { list: () => nodes, find: found, select: () => nodes.slice(0, 1) } };
  server.serve('uvs.v1.LimitService', limitService(handlers, core, hearing, new Views()));
  const port = await server.listen('127.0.0.1:0');
  t.teardown(() => server.stop(100));
  return new Connection(`127.0.0.1:${port}`, { credential: await authority.issue('operator/o'), definition });
}

const deadline = { deadlineMs: 10_000 };

void t.test('a limit is set for the nodes of a scope, and a node is named by its UID from then on', async (t) => {
  const limits = new MemoryLimits();
  using connection = await serve(t, limits);
  const set = (scope: string, its = 'ceph-osd@*', values: Readonly<Record<string, string>> = { TasksMax: '100' }) =>
    connection.unary('uvs.v1.LimitService', 'SetLimits', { scope, unit: its, values: { ...values }, reason: 'room' }, deadline);
  t.match(await set('role/osd'), { limit: { scope: 'role/osd', unit, values: { TasksMax: '100' }, hostname: '' }, nodes: 2 });
  t.match(await set('node/demo155'), { limit: { scope: `node/${nodes[1]?.uid}`, hostname: 'demo155' }, nodes: 1 });
  t.match(await set('label/rack=r1'), { nodes: 0 });
  t.match(await errorOf(set('node/nobody')), { reason: 'NOT_FOUND' });
  for (const scope of ['', 'rack/r1', 'role/', 'role/OSD', 'label/rack', 'node/../x', 'cluster/x'])
    t.match(await errorOf(set(scope)), { reason: 'INVALID_ARGUMENT' }, scope);
  for (const its of ['', '*', 'ceph-osd.target', '../x.service', 'a b.service', '-x.service', 'sshd@*.service'])
    t.match(await errorOf(set('cluster', its)), { reason: 'INVALID_ARGUMENT' }, its);
  for (const values of [{}, { ExecStart: '/bin/sh' }, { TasksMax: '1' }, { TasksMax: '100\n[Service]' }])
    t.match(await errorOf(set('cluster', 'x', values)), { reason: 'INVALID_ARGUMENT' }, JSON.stringify(values));
  t.equal(limits.records.length, 3);
});

void t.test('a template is refused by its name, and can be taken back', async (t) => {
  const limits = new MemoryLimits();
  limits.records.push({ scope: 'cluster', unit: 'ceph-osd@.service', values: { TasksMax: '100' } });
  using connection = await serve(t, limits);
  const at = { scope: 'cluster', unit: 'ceph-osd@', reason: 'room' };
  const values = { TasksMax: '100' };
  const why = { reason: 'INVALID_ARGUMENT', message: /ceph-osd@\.service is no service, but a template/u };
  t.match(await errorOf(connection.unary('uvs.v1.LimitService', 'SetLimits', { ...at, values }, deadline)), why);
  t.match(await errorOf(connection.unary('uvs.v1.LimitService', 'PreviewLimits', { ...at, values }, deadline)), why);
  await connection.unary('uvs.v1.LimitService', 'PreviewLimits', { ...at, unset: ['TasksMax'] }, deadline);
  await connection.unary('uvs.v1.LimitService', 'UnsetLimits', { ...at, names: [] }, deadline);
  t.equal(limits.records.length, 0);
});

void t.test('what was set of a node that was removed since can be taken back', async (t) => {
  const limits = new MemoryLimits();
  limits.records.push({ scope: 'node/gone', unit, values: { TasksMax: '100' } });
  using connection = await serve(t, limits);
  t.match(await connection.unary('uvs.v1.LimitService', 'ListLimits', {}, deadline), { limits: [{ scope: 'node/gone', hostname: '' }] });
  const request = { scope: 'node/gone', unit, names: [], reason: 'it burnt' };
  t.match(await connection.unary('uvs.v1.LimitService', 'UnsetLimits', request, deadline), { limit: null });
  t.equal(limits.records.length, 0);
});

void t.test('how it stands is told of what holds now, and of nothing older', async (t) => {
  const limits = new MemoryLimits();
  limits.records.push({ scope: 'role/osd', unit, values: { TasksMax: '100' } });
  const hash = limits.of(nodes[0]?.uid ?? '')?.hash ?? '';
  const unitTold = {
    unit: 'ceph-osd@3.service',
    state: 'refused' as const,
    message: 'it uses more',
    mended: { names: ['TasksMax'], atMs: 1_500 },
  };
  const told = new Map([[nodes[0]?.uid, { hash, units: [unitTold], trouble: '' }]]);
  const isOld = new Set<string | undefined>();
  const hearing = { ...silent, limits: (uid: string) => (isOld.has(uid) ? undefined : { told: told.get(uid) }) };
  using connection = await serve(t, limits, hearing);
  const list = async () => (await connection.unary('uvs.v1.LimitService', 'ListNodeLimits', {}, deadline)).nodes;
  t.match(await list(), [
    {
      hostname: 'demo154',
      units: [
        {
          unit: 'ceph-osd@3.service',
          state: 'LIMIT_STATE_REFUSED',
          message: 'it uses more',
          mended: ['TasksMax'],
          mendTime: { seconds: '1', nanos: 500_000_000 },
        },
      ],
      message: '',
    },
    { hostname: 'demo155', units: { length: 0 }, message: 'it was told, and has not answered yet' },
    { hostname: 'demo151', units: { length: 0 }, message: '' },
  ]);
  isOld.add(nodes[1]?.uid);
  t.match((await list())[1], { message: /its agent is too old for limits/ });
  limits.records.push({ scope: 'cluster', unit: 'chrony.service', values: { TasksMax: '50' } });
  t.match((await list())[0], { units: { length: 0 }, message: 'it was told, and has not answered yet' });
});

void t.test('a preview has the nodes say what they would refuse, of all that would then hold there', async (t) => {
  const limits = new MemoryLimits();
  limits.records.push({ scope: 'cluster', unit: 'chrony.service', values: { TasksMax: '50' } });
  const asked: unknown[] = [];
  const [first, second] = nodes.map(({ uid }) => uid);
  const refused = [{ unit: 'ceph-osd@3.service', message: 'it uses more' }];
  const hearing: LimitsHearing = {
    ...silent,
    foreseeLimits: async (uid, rules) => {
      asked.push([uid, rules]);
      if (uid === second) return undefined;
      return { refused, trouble: '' };
    },
  };
  using connection = await serve(t, limits, hearing);
  const preview = async (scope: string) =>
    await connection.unary('uvs.v1.LimitService', 'PreviewLimits', { scope, unit: 'ceph-osd@*', values: { MemoryMax: '1G' } }, deadline);
  t.match(await preview('role/osd'), {
    changes: [{ nodes: 2 }],
    refusals: [{ unit: 'ceph-osd@3.service', message: 'it uses more', nodes: 1, hostnames: ['demo154'] }],
    refusingNodes: 1,
    answeredNodes: 1,
  });
  const rules = [
    { unit, values: { MemoryMax: '1G' } },
    { unit: 'chrony.service', values: { TasksMax: '50' } },
  ];
  t.same(asked, [
    [first, rules],
    [second, rules],
  ]);
  asked.length = 0;
  limits.records.push({ scope: 'role/osd', unit, values: { MemoryMax: '1G' } });
  t.match(await preview('role/osd'), { changes: { length: 0 }, unchangedNodes: 2, refusals: { length: 0 }, answeredNodes: 0 });
  t.same(asked, [], 'of what would not change nobody is asked');
});

void t.test('agents that say as much as they may make shorter pages, and keep nobody from the list', async (t) => {
  const limits = new MemoryLimits();
  limits.records.push({ scope: 'cluster', unit, values: { TasksMax: '100' } });
  const text = '…'.repeat(1000);
  const units = Array.from({ length: 256 }, () => ({
    unit: text,
    state: 'unmet' as const,
    message: text,
    mended: { names: Array.from({ length: 6 }, () => text), atMs: 0 },
  }));
  const hearing: LimitsHearing = { ...silent, limits: (uid) => ({ told: { hash: limits.of(uid)?.hash ?? '', units, trouble: '' } }) };
  using connection = await serve(t, limits, hearing);
  const page = async (pageToken: string) => await connection.unary('uvs.v1.LimitService', 'ListNodeLimits', { pageToken }, deadline);
  const seen: number[] = [];
  for (let token = ''; seen.length === 0 || token !== '';) {
    const answer = await page(token);
    seen.push(answer.nodes.length);
    token = answer.nextPageToken;
  }
  t.same(seen, [2, 1]);
});

void t.test('whoever previews again and again has the nodes asked for one after the other', async (t) => {
  let [asking, most] = [0, 0];
  const hearing: LimitsHearing = {
    ...silent,
    foreseeLimits: async () => {
      asking += 1;
      most = Math.max(most, asking);
      await setImmediate();
      asking -= 1;
      return { refused: [], trouble: '' };
    },
  };
  using connection = await serve(t, new MemoryLimits(), hearing);
  const request = { scope: 'role/osd', unit: 'ceph-osd@*', values: { MemoryMax: '1G' } };
  const previews = Array.from({ length: 8 }, () => connection.unary('uvs.v1.LimitService', 'PreviewLimits', request, deadline));
  for (const { answeredNodes } of await Promise.all(previews)) t.equal(answeredNodes, 2);
  t.equal(most, 2, 'the nodes of one preview');
});
