import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bootClock } from '../../agent/os/boot-clock.ts';
import { eventually } from '../support/eventually.ts';
import { blocksIn } from './blockable-log.ts';
import { ChaosCluster, machines, proxyOf, rolesOf, timings } from './cluster.ts';
import { deliveriesIn } from './deliveries.ts';
import { faults, LEADER, type Fault, type Planned } from './faults.ts';
import type { Figures } from './figures.ts';
import { Injector } from './injector.ts';
import { ChaosLog } from './log.ts';
import { readEnds, readMarks } from './marks.ts';
import type { Network } from './network.ts';
import { Observer } from './observer.ts';
import { Operator, STEP_DEADLINE_MS } from './operator.ts';
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

const LOG = 'log.jsonl';
/** A yes to begin is good for so long. */
const YES_MS = 10_000;
const CLUSTER_BUDGET = 2;
const PARALLEL_BUDGET = 5;
/** Once the last fault is undone: the longest keepalive, and as much again for what was left to do. */
const SETTLE_MS = 150_000;
/** A yes to begin, the silence that is forgiven, what a stopped leader reads late, and a moment for each. */
const FORGIVEN_MS = YES_MS + (timings.silentAfterSeconds + timings.leaseTtlSeconds) * 1000 + 4_000;

/** Runs a cluster through faults and judges what its nodes recorded. */
export async function chaos(options: ChaosOptions): Promise<Figures> {
  const { folder, seed, network } = options;
  if (existsSync(join(folder, LOG))) throw new Error(`${folder} holds the records of another run; name a folder of its own`);
  mkdirSync(folder, { recursive: true });
  const record = join(folder, 'marks');
  writeFileSync(record, '');
  const log = new ChaosLog(join(folder, LOG));
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
  const hasActed = (operation: string): boolean => readMarks(readFileSync(record, 'utf8')).some((mark) => mark.operation === operation);
  const injector = new Injector({ cluster, network, machines, observer, log, hasActed });
  const chance = new Seeded(`${seed} operator`);
  const operator = new Operator({ cluster, folder, record, chance, log, parallelBudget: PARALLEL_BUDGET, agents: machines.agents });

  const troubles: string[] = [];
  let restoration: Restoration | undefined;
  const soFar = (): Figures => {
    const run = { cluster, operator, injector, observer, exits, restoration, troubles };
    return figuresOf(options, run, judgement(run, record));
  };
  const over = new AbortController();
  try {
    const injected = inject(injector, options, soFar).finally(() => over.abort());
    await Promise.all([injected, operator.run(over.signal, SETTLE_MS)]);
    log.write('calm', {});
    await untilCalm(cluster);
    restoration = await restoreAndAdopt(cluster, operator, log);
    await untilCalm(cluster);
  } catch (error) {
    troubles.push(inFull(error));
    log.write('trouble', { message: troubles.at(-1) });
  }
  await cluster.stop();
  const figures = soFar();
  writeFileSync(join(folder, 'figures.json'), `${JSON.stringify(figures, undefined, 2)}\n`);
  if (figures.violations.length === 0) cluster.removeData();
  return figures;
}

/** Faults go on for the minutes, and then with those that have missed their moment, for at most as long again: a seed says what is done and not what comes of it. */
async function inject(injector: Injector, { minutes, replay, seed, signal }: ChaosOptions, soFar: () => Figures): Promise<void> {
  const within = (): AbortSignal => AbortSignal.any([signal, AbortSignal.timeout(minutes * 60_000)]);
  await injector.run(replay ?? faults(seed, machines), within());
  const more = within();
  for (let fault = missing(soFar()); fault !== undefined && !more.aborted; fault = missing(soFar()))
    await injector.run([{ afterMs: 100, fault }], more);
}

/** One of the faults of which nothing has come yet. */
function missing({ leadersPastTheirLease, sleptOnTheirYes, transactions }: Figures): Fault | undefined {
  const { stopped, blocked, deposed } = leadersPastTheirLease;
  const hold = { kind: 'hold', target: LEADER, holdMs: 5_000, forMs: 3_000 } as const;
  if (sleptOnTheirYes.pastTheYes === 0) return { kind: 'stop-at-begin', forMs: YES_MS + 6_000 };
  if (transactions.late === 0) return { ...hold, how: 'late' };
  if (transactions.again === 0) return { ...hold, how: 'lost-then-again' };
  if (stopped === 0 || deposed === 0) return { kind: 'stop', target: LEADER, forMs: 9_000 };
  return blocked === 0 ? { kind: 'block', target: LEADER, forMs: 9_000 } : undefined;
}

async function untilCalm(cluster: ChaosCluster): Promise<void> {
  await cluster.waitReady(SETTLE_MS);
  await eventually('no slot is held', async () => await isFree(cluster), SETTLE_MS);
}

async function isFree(cluster: ChaosCluster): Promise<boolean> {
  const { slots } = await cluster.client.call('uvs.v1.SlotService', 'ListSlots', {}, { deadlineMs: 5_000 });
  return slots.length === 0;
}

interface Run {
  readonly cluster: ChaosCluster;
  readonly operator: Operator;
  readonly injector: Injector;
  readonly observer: Observer;
  readonly exits: ReadonlyMap<string, number>;
  readonly restoration: Restoration | undefined;
  readonly troubles: readonly string[];
}

function judgement({ cluster, operator, injector, observer }: Run, record: string): Verdict {
  const bootAtMs = Date.now() - bootClock.nowMs();
  return judge({
    marks: readMarks(readFileSync(record, 'utf8')),
    ends: machines.agents.flatMap((agent) => readEnds(agent, cluster.logFile(agent), bootAtMs)),
    releases: operator.releases,
    clusterBudget: CLUSTER_BUDGET,
    monitors: new Set(machines.agents.filter((agent) => rolesOf(agent).includes('mon'))),
    absences: injector.absences,
    membersAway: injector.membersAway,
    begunMs: observer.begunMs,
    forgivenMs: FORGIVEN_MS,
    sleeps: injector.sleeps,
  });
}

function figuresOf(options: ChaosOptions, run: Run, verdict: Verdict): Figures {
  const { cluster, operator, injector, observer, exits, restoration, troubles } = run;
  const logsOf = (name: (coordinator: string) => string): string[] =>
    machines.coordinators.map((coordinator) => readFileSync(cluster.logFile(name(coordinator)), 'utf8'));
  const leaseMs = timings.leaseTtlSeconds * 1000;
  const slept = verdict.sleptOnYesMs;
  return {
    violations: [...verdict.violations, ...operator.violations, ...troubles],
    faults: Object.fromEntries([...injector.counts].toSorted(([a], [b]) => a.localeCompare(b))),
    transactions: deliveriesIn(logsOf(proxyOf)),
    leadersPastTheirLease: {
      stopped: injector.hangs.filter(({ how, ms }) => how === 'stop' && ms > leaseMs).length,
      blocked: blocksIn(logsOf((coordinator) => coordinator)).filter((ms) => ms > leaseMs).length,
      deposed: injector.hangs.filter(({ isDeposed }) => isDeposed).length,
    },
    sleptOnTheirYes: {
      pastTheYes: slept.filter((ms) => ms > YES_MS).length,
      pastDeadlines: slept.filter((ms) => ms > STEP_DEADLINE_MS).length,
    },
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

/** What went wrong, and what that came from: a wait that was too long says why it went on. */
function inFull(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message} (${inFull(error.cause)})`;
}
