import t from 'tap';
import { listOperations, recentSteps } from '../../../coordinator/core/operation-list.ts';
import type { OperationPage } from '../../../coordinator/core.ts';
import type { StepRecord } from '../../../coordinator/domain.ts';
import type { Change, Etcd } from '../../../coordinator/etcd/port.ts';
import { keys } from '../../../coordinator/state/keys.ts';
import { recordText } from '../../../coordinator/state/parse.ts';
import { triesOf, type StepTry } from '../../../coordinator/step-tries.ts';
import { stepRecord, tried } from '../../support/domain-records.ts';
import { startEtcd } from '../../support/etcd.ts';

const server = await startEtcd();
t.teardown(() => server[Symbol.asyncDispose]());

const ROLLOUTS = 5;
const NODES = 400;
const operationOf = (rollout: number, node: number, attempt = 2): string =>
  `op-${rollout}-${String(node).padStart(3, '0')}-${String(attempt)}`;

/** Five rollouts over 400 nodes; every tenth step has an entry in the index for an operation that it does not remember, which stands for nothing. */
async function fill(etcd: Etcd): Promise<void> {
  const changes: Change[] = [];
  const put = (key: string, record: object): void => void changes.push({ do: 'put', key, value: recordText(record) });
  for (let rollout = 0; rollout < ROLLOUTS; rollout += 1) {
    const id = `ro-${rollout}`;
    for (const key of [keys.rolloutPlan(id), keys.rolloutState(id)]) put(key, {});
    for (let node = 0; node < NODES; node += 1) {
      const uid = `n${node}`;
      const step: StepRecord = {
        rollout: id,
        uid,
        hostname: '',
        state: 'succeeded',
        operation: operationOf(rollout, node),
        attempt: 1,
        message: '',
        outcome: 'installed',
        beganAt: 1,
        endedAt: 2,
        outputTail: '',
        earlier: [],
      };
      put(keys.step(id, uid), step);
      for (const attempt of node % 10 === 0 ? [1, 2] : [2]) put(keys.operation(operationOf(rollout, node, attempt)), { rollout: id, uid });
    }
  }
  for (let from = 0; from < changes.length; from += 100) await etcd.txn([], changes.slice(from, from + 100));
}

/** Counts the keys that are read. */
class CountedReads {
  keysRead = 0;
  readonly #etcd: Etcd;

  constructor(etcd: Etcd) {
    this.#etcd = etcd;
  }

  get(key: string): ReturnType<Etcd['get']> {
    this.keysRead += 1;
    return this.#etcd.get(key);
  }

  async range(...query: Parameters<Etcd['range']>): ReturnType<Etcd['range']> {
    const page = await this.#etcd.range(...query);
    this.keysRead += page.entries.length;
    return page;
  }
}

const view = (step: StepTry) => ({ ...step, hostname: step.uid, phase: '', percent: -1, isCanary: false, needsOperator: false });
const namesOf = ({ operations }: OperationPage): readonly string[] => operations.map(({ operation }) => operation);

void t.test('a page reads about as many keys as it shows, wherever in the list it is', async (t) => {
  const client = server.client();
  await fill(client);
  const all = [...Array(ROLLOUTS * NODES).keys()].map((at) => operationOf(Math.floor(at / NODES), at % NODES)).toReversed();
  const seen: string[] = [];
  let after: string | undefined;
  let most = 0;
  let pages = 0;
  do {
    const reading = new CountedReads(client);
    const page = await listOperations(reading, { uid: undefined, limit: 100, after }, view);
    most = Math.max(most, reading.keysRead);
    pages += 1;
    seen.push(...namesOf(page));
    t.ok(page.operations.length === 100 || page.after === undefined);
    ({ after } = page);
  } while (after !== undefined);
  t.same(seen, all, 'newest first, each once, without those that no step remembers');
  t.ok(pages <= ROLLOUTS * 4 + 1, `${pages} pages`);
  t.ok(most <= 400, `at most ${most} keys read for a page of 100`);
  t.comment(`a page of 100 of 2,200 entries reads at most ${most} keys`);

  t.comment('of one node: one key for each rollout');
  const reading = new CountedReads(client);
  const query = { uid: 'n7', limit: 3, after: undefined };
  const first = await listOperations(reading, query, view);
  t.same(
    namesOf(first),
    [4, 3, 2].map((rollout) => operationOf(rollout, 7)),
  );
  t.ok(reading.keysRead <= ROLLOUTS * 3, `${reading.keysRead} keys`);
  const last = await listOperations(client, { ...query, after: first.after }, view);
  t.same(
    namesOf(last),
    [1, 0].map((rollout) => operationOf(rollout, 7)),
  );
  t.equal(last.after, undefined);
  t.same((await listOperations(client, { ...query, uid: 'n-unknown' }, view)).operations, []);

  t.comment('a page goes on where the last one ended, whatever came or went meanwhile');
  const one = await listOperations(client, { uid: undefined, limit: 2, after: undefined }, view);
  await client.txn([], [{ do: 'delete', key: keys.operation(one.after ?? '') }]);
  await client.txn([], [{ do: 'put', key: keys.operation('op-9'), value: recordText({ rollout: 'ro-9', uid: 'n1' }) }]);
  t.same(namesOf(await listOperations(client, { uid: undefined, limit: 2, after: one.after }, view)), all.slice(2, 4));
});

void t.test('a long run of entries that stand for nothing ends in a short page with others to come', async (t) => {
  const client = server.client();
  await client.txn([], [{ do: 'delete-prefix', prefix: keys.operations }]);
  const stale = [...Array(1_500).keys()].map((at): Change => {
    const key = keys.operation(`op-8-${String(at).padStart(4, '0')}`);
    return { do: 'put', key, value: recordText({ rollout: 'ro-1', uid: 'n1' }) };
  });
  for (let from = 0; from < stale.length; from += 100) await client.txn([], stale.slice(from, from + 100));
  const good = operationOf(1, 1);
  await client.txn([], [{ do: 'put', key: keys.operation(good), value: recordText({ rollout: 'ro-1', uid: 'n1' }) }]);
  const query = { uid: undefined, limit: 10, after: undefined };
  const empty = await listOperations(client, query, view);
  t.same(empty.operations, []);
  t.match(empty.after, /^op-8-/);
  const next = await listOperations(client, { ...query, after: empty.after }, view);
  t.same(namesOf(next), [good]);
  t.equal(next.after, undefined);
});

void t.test('the earlier tries of a step are listed as they ended, among all operations and among its node’s', async (t) => {
  const client = server.client();
  await client.txn([], [{ do: 'delete-prefix', prefix: keys.operations }]);
  const step = stepRecord('a', {
    operation: 'op-7',
    earlier: [tried('op-5', 'rolled-back'), tried('op-3', 'failed')],
    outcome: 'installed',
    outputTail: 'tail',
  });
  const other = stepRecord('b', { operation: 'op-4', outcome: 'installed' });
  const indexed = [step, other].flatMap((one) =>
    triesOf(one).map(({ operation }) => ({ key: keys.operation(operation), record: { rollout: one.rollout, uid: one.uid } })),
  );
  const steps = [step, other].map((record) => ({ key: keys.step(record.rollout, record.uid), record }));
  const changes = [...indexed, ...steps].map(({ key, record }): Change => ({ do: 'put', key, value: recordText(record) }));
  await client.txn([], changes);
  const outcomesOf = ({ operations }: OperationPage) =>
    operations.map(({ operation, outcome, isEarlier, outputTail }) => [operation, outcome, isEarlier, outputTail]);
  const own = [
    ['op-7', 'installed', false, 'tail'],
    ['op-5', 'rolled-back', true, ''],
    ['op-3', 'failed', true, ''],
  ];
  const all = [...own.slice(0, 2), ['op-4', 'installed', false, ''], ...own.slice(2)];
  t.same(outcomesOf(await listOperations(client, { uid: undefined, limit: 9, after: undefined }, view)), all);
  t.same(outcomesOf(await listOperations(client, { uid: undefined, limit: 9, after: 'op-5' }, view)), all.slice(2));
  t.same(outcomesOf(await listOperations(client, { uid: step.uid, limit: 9, after: undefined }, view)), own);
  t.same(
    (await recentSteps(client, 9)).map(({ operation }) => operation),
    ['op-7', 'op-4'],
    'a step counts once in the pace of nodes',
  );
});
