import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { UvsError } from '../../common/errors.ts';
import type { Etcd } from '../../coordinator/etcd/port.ts';
import { BenchCluster } from './cluster.ts';
import { NoOpAgent } from './no-op-agent.ts';
import type { Releases } from './releases.ts';
import { median, type Row } from './table.ts';

const NODES = 50;
const TRANSACTIONS = 200;
const WARM_UP = 50;
const DEADLINE_MS = 120_000;

/** Measures what a rolling push costs the coordinator for each node, in multiples of one transaction on the same etcd. */
export async function benchRollout(folder: string, releases: Releases): Promise<readonly Row[]> {
  await using cluster = await BenchCluster.start(folder, releases.rootFile);
  const hostnames = Array.from({ length: NODES }, (_, place) => `node${place}`);
  const credentials = await cluster.enrol(hostnames);
  const failed = Promise.withResolvers<never>();
  using agents = new DisposableStack();
  for (const [place, credential] of credentials.entries()) {
    const { grpcAddress: address, definition } = cluster;
    agents.use(new NoOpAgent({ address, credential, hostname: hostnames[place] ?? '', component: 'uvs', definition, fail: failed.reject }));
  }
  const digest = await cluster.upload(releases.small);
  await Promise.race([awaitReady(cluster), failed.promise]);
  using etcd = await cluster.etcd();
  const before = await transactionMs(etcd);
  const startedMs = performance.now();
  await Promise.race([push(cluster, digest), failed.promise]);
  const perNodeMs = (performance.now() - startedMs) / NODES;
  const transaction = (before + (await transactionMs(etcd))) / 2;
  return [
    {
      what: `rolling push of a no-op to ${NODES} nodes, for each node`,
      value: `${perNodeMs.toFixed(1)} ms`,
      note: 'agents in no time, over the real protocol',
    },
    {
      what: '  one etcd transaction',
      value: `${transaction.toFixed(1)} ms`,
      note: `compare and put on the same etcd, median of ${TRANSACTIONS}, before and after`,
    },
    { what: '  multiples of it', value: (perNodeMs / transaction).toFixed(1), note: '' },
  ];
}

async function awaitReady(cluster: BenchCluster): Promise<void> {
  const endMs = performance.now() + DEADLINE_MS;
  for (;;) {
    const { cluster: state } = await cluster.client.call('uvs.v1.ClusterService', 'GetCluster', {});
    if (state?.nodesReady === NODES) return;
    if (performance.now() > endMs) throw new UvsError('DEADLINE_EXCEEDED', `${state?.nodesReady ?? 0} of ${NODES} nodes are ready`);
    await delay(50);
  }
}

async function push(cluster: BenchCluster, digest: string): Promise<void> {
  const { rollout } = await cluster.client.call('uvs.v1.RolloutService', 'CreateRollout', {
    spec: { package: `packages/${digest}`, selector: { all: true }, mode: 'ROLLOUT_MODE_ROLLING' },
    requestId: randomUUID(),
  });
  const signal = AbortSignal.timeout(DEADLINE_MS);
  for await (const change of cluster.client.stream('uvs.v1.RolloutService', 'WatchRollout', { name: rollout?.name ?? '' }, { signal })) {
    const now = change.snapshot ?? change.rollout;
    if (now?.state === 'ROLLOUT_STATE_SUCCEEDED') return;
    if (now?.state === 'ROLLOUT_STATE_PAUSED') throw new UvsError('INTERNAL', `the rollout paused: ${now.stateReason}`);
  }
  throw new UvsError('INTERNAL', 'the watch ended before the rollout did');
}

async function transactionMs(etcd: Etcd): Promise<number> {
  const key = `/bench/${randomUUID()}`;
  const tookMs: number[] = [];
  let revision = 0;
  for (let count = 0; count < WARM_UP + TRANSACTIONS; count += 1) {
    const startedMs = performance.now();
    const done = await etcd.txn([{ on: 'mod', key, equals: revision }], [{ do: 'put', key, value: `${count}` }]);
    if (count >= WARM_UP) tookMs.push(performance.now() - startedMs);
    revision = done.revision;
  }
  return median(tookMs);
}
