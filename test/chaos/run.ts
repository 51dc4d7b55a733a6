import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bootClock } from '../../agent/os/boot-clock.ts';
import { eventually } from '../support/eventually.ts';
import { ChaosCluster, machines, rolesOf, timings } from './cluster.ts';
import { faults, type Planned } from './faults.ts';
import { Injector } from './injector.ts';
import { ChaosLog } from './log.ts';
import { readEnds, readMarks } from './marks.ts';
import type { Network } from './network.ts';
import { Observer } from './observer.ts';
import { Operator } from './operator.ts';
import { restoreAndAdopt, type Restoration } from './restoration.ts';
import { Seeded } from './seeded.ts';
import { judge, type Verdict } from './verdict.ts';

export interface ChaosOptions {
  readonly seed: string;
  readonly minutes: number;
  /** Everything goes there. */
  readonly folder: string;
  readonly network: Network;
  /** Faults to do in place of those that the seed decides. */
  readonly replay: Iterable<Planned> | undefined;
  readonly signal: AbortSignal;
}

export interface Figures {
  readonly violations: readonly string[];
  readonly faults: Readonly<Record<string, number>>;
  readonly rolloutsEnded: Readonly<Record<string, number>>;
  readonly pausesResumed: number;
  readonly disturbances: number;
  readonly mostAtOnce: number;
  readonly mostAtOnceRolling: number;
  readonly budgets: { readonly cluster: number; readonly parallel: number };
  readonly longestStallSeconds: number;
  readonly leaders: number;
  readonly exitsOfTheirOwn: Readonly<Record<string, number>>;
  /** Left out where it did not come so far. */
  readonly restoration?: Restoration;
  readonly minutes: number;
}

const CLUSTER_BUDGET = 2;
const PARALLEL_BUDGET = 4;
/** Once the last fault is undone: the longest keepalive, and as much again for what was left to do. */
const SETTLE_MS = 150_000;
/** A yes to begin, the silence that is forgiven, what a stopped leader reads late, and a moment for each. */
const FORGIVEN_MS = 10_000 + (timings.silentAfterSeconds + timings.leaseTtlSeconds) * 1000 + 4_000;

/** Runs a cluster through faults and judges what its nodes recorded. */
export async function chaos(options: ChaosOptions): Promise<Figures> {
  const { folder, seed, network, signal } = options;
  mkdirSync(folder, { recursive: true });
  const record = join(folder, 'marks');
  writeFileSync(record, '');
  const log = new ChaosLog(join(folder, 'log.jsonl'));
  log.write('start', { seed, minutes: options.minutes });
  const exits = new Map<string, number>();
  const cluster = new ChaosCluster(folder, network, (part, code) => {
    exits.set(part, (exits.get(part) ?? 0) + 1);
    log.write('exit', { part, code });
  });
  await using stack = new AsyncDisposableStack();
  stack.defer(() => cluster.stop());
  await cluster.start();
  log.write('ready');
  await cluster.client.call('uvs.v1.ClusterService', 'SetBudget', { scope: 'cluster', nodes: CLUSTER_BUDGET, reason: 'chaos' });
  const etcd = stack.use(cluster.etcd());
  const observer = stack.use(new Observer(etcd, (leader) => log.write('leader', { leader })));
  const injector = new Injector({ cluster, network, machines, observer, log });
  const chance = new Seeded(`${seed} operator`);
  const operator = new Operator({ cluster, folder, record, chance, log, parallelBudget: PARALLEL_BUDGET });

  const troubles: string[] = [];
  let restoration: Restoration | undefined;
  const over = AbortSignal.any([signal, AbortSignal.timeout(options.minutes * 60_000)]);
  try {
    const injected = injector.run(options.replay ?? faults(seed, machines), over);
    await Promise.all([injected, operator.run(over, SETTLE_MS)]);
    log.write('calm', { because: String(over.reason) });
    await untilCalm(cluster);
    restoration = await restoreAndAdopt(cluster, operator, log);
    await untilCalm(cluster);
  } catch (error) {
    troubles.push(error instanceof Error ? error.message : String(error));
    log.write('trouble', { message: troubles.at(-1) });
  }
  await cluster.stop();
  const verdict = judgement(cluster, operator, injector, record);
  const figures = figuresOf(options, { verdict, operator, injector, observer, exits, restoration, troubles });
  writeFileSync(join(folder, 'figures.json'), `${JSON.stringify(figures, undefined, 2)}\n`);
  if (figures.violations.length === 0) cluster.removeData();
  return figures;
}

async function untilCalm(cluster: ChaosCluster): Promise<void> {
  await cluster.waitReady(SETTLE_MS);
  await eventually('no slot is held', async () => await isFree(cluster), SETTLE_MS);
}

async function isFree(cluster: ChaosCluster): Promise<boolean> {
  const { slots } = await cluster.client.call('uvs.v1.SlotService', 'ListSlots', {}, { deadlineMs: 5_000 });
  return slots.length === 0;
}

function judgement(cluster: ChaosCluster, operator: Operator, injector: Injector, record: string): Verdict {
  const bootAtMs = Date.now() - bootClock.nowMs();
  return judge({
    marks: readMarks(readFileSync(record, 'utf8')),
    ends: machines.agents.flatMap((agent) => readEnds(agent, cluster.logFile(agent), bootAtMs)),
    releases: operator.releases,
    clusterBudget: CLUSTER_BUDGET,
    monitors: new Set(machines.agents.filter((agent) => rolesOf(agent).includes('mon'))),
    absences: injector.absences,
    forgivenMs: FORGIVEN_MS,
  });
}

interface Run {
  readonly verdict: Verdict;
  readonly operator: Operator;
  readonly injector: Injector;
  readonly observer: Observer;
  readonly exits: ReadonlyMap<string, number>;
  readonly restoration: Restoration | undefined;
  readonly troubles: readonly string[];
}

function figuresOf(options: ChaosOptions, run: Run): Figures {
  const { verdict, operator, injector, observer, exits, restoration, troubles } = run;
  return {
    violations: [...verdict.violations, ...operator.violations, ...troubles],
    faults: Object.fromEntries([...injector.counts].toSorted(([a], [b]) => a.localeCompare(b))),
    rolloutsEnded: Object.fromEntries(operator.ended),
    pausesResumed: operator.pauses,
    disturbances: verdict.disturbances,
    mostAtOnce: verdict.mostAtOnce,
    mostAtOnceRolling: verdict.mostRolling,
    budgets: { cluster: CLUSTER_BUDGET, parallel: PARALLEL_BUDGET },
    longestStallSeconds: Math.round(operator.longestStallMs / 1000),
    leaders: observer.terms.size,
    exitsOfTheirOwn: Object.fromEntries(exits),
    ...(restoration === undefined ? {} : { restoration }),
    minutes: options.minutes,
  };
}
