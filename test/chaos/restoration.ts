import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '../support/eventually.ts';
import { mustRun } from '../support/programs.ts';
import type { ChaosCluster } from './cluster.ts';
import type { ChaosLog } from './log.ts';
import type { Operator, Wish } from './operator.ts';

/** How an etcd that was put back was taken for the cluster's again. */
export interface Restoration {
  /** From the moment at which etcd served again until the cluster said that it is held. */
  readonly heldAfterSeconds: number;
  /** From the operator's word until every node had told what it holds. */
  readonly adoptedAfterSeconds: number;
  /** How the rollout ended into whose middle etcd was put back. */
  readonly interrupted: string;
  /** How the next one ended. */
  readonly next: string;
}

/** Slow enough to have a middle. */
const first: Wish = { mode: 'rolling', nodes: 8, holdSeconds: 0.3, isAborted: false };
/** So many are through when the snapshot is taken, and so many more when it is put back. */
const BEFORE = 2;
const AFTER = 2;
/** Undisturbed: as many at once as the budget allows. */
const second: Wish = { mode: 'parallel', nodes: 16, holdSeconds: 1, isAborted: false };
const STEPS_MS = 90_000;
/** Three members start, each with what it was given. */
const SERVING_MS = 60_000;
/** Two looks of each coordinator at etcd, and an election. */
const HELD_MS = 30_000;
/** Longer than a yes to begin is good: who goes on with what etcd has forgotten is seen. */
const UNADOPTED_MS = 12_000;
const TOLD_MS = 60_000;
const END_MS = 150_000;
const CALL_MS = 5_000;

/**
 * Takes etcd back to what it held in the middle of a rollout while that rollout goes on, adopts it as its operator would, brings the rollout
 * to its end, and another one after it.
 * @throws Error where one of these does not come in time
 */
export async function restoreAndAdopt(cluster: ChaosCluster, operator: Operator, log: ChaosLog): Promise<Restoration> {
  const calm = new AbortController();
  const interrupted = operator.push(calm.signal, END_MS, first);
  // told where it is waited for
  interrupted.catch(() => undefined);
  await eventually(`${BEFORE} nodes are through`, async () => (await through(cluster)) >= BEFORE, STEPS_MS);
  const file = await cluster.snapshot();
  const known = await through(cluster);
  await eventually('etcd holds more than the snapshot', async () => (await through(cluster)) >= known + AFTER, STEPS_MS);
  log.write('restore', { file, known });
  await cluster.restore(file);
  await eventually('etcd serves again', async () => await cluster.isServing(), SERVING_MS);
  const restoredMs = performance.now();
  await eventually('the cluster is held', async () => await says(cluster, 'Held'), HELD_MS);
  const heldMs = performance.now();
  log.write('held');
  await delay(UNADOPTED_MS);
  const saidMs = performance.now();
  log.write('adopt');
  await mustRun('uvsctl', ['--credential', cluster.credentialFile, 'cluster', 'adopt', '--reason', 'the backup was put back', '--yes']);
  const isOver = async (): Promise<boolean> => !(await says(cluster, 'Held')) && !(await says(cluster, 'Adopting'));
  await eventually('every node has told what it holds', isOver, TOLD_MS);
  const toldMs = performance.now();
  log.write('adopted');
  calm.abort();
  return {
    heldAfterSeconds: seconds(heldMs - restoredMs),
    adoptedAfterSeconds: seconds(toldMs - saidMs),
    interrupted: await interrupted,
    next: await operator.push(calm.signal, END_MS, second),
  };
}

/** Nodes that have succeeded in the newest rollout, as the leader knows it. */
async function through(cluster: ChaosCluster): Promise<number> {
  const { rollouts } = await cluster.client.call('uvs.v1.RolloutService', 'ListRollouts', { pageSize: 1 }, { deadlineMs: CALL_MS });
  return rollouts[0]?.state === 'ROLLOUT_STATE_RUNNING' ? rollouts[0].stepsSucceeded : 0;
}

async function says(cluster: ChaosCluster, condition: 'Held' | 'Adopting'): Promise<boolean> {
  const answer = await cluster.client.call('uvs.v1.ClusterService', 'GetCluster', {}, { deadlineMs: CALL_MS });
  return answer.cluster?.leader !== null && answer.cluster?.conditions.some(({ type, status }) => type === condition && status) === true;
}

function seconds(ms: number): number {
  return Math.round(ms / 100) / 10;
}
