import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { UvsError } from '../common/errors.ts';
import type { Outcome } from '../common/outcome.ts';
import type { Recent } from './agents/recent.ts';
import type { Clock, GateAnswer } from './ports.ts';

/** What the leader counts when it is asked; undefined on a coordinator that does not lead. */
export interface Census {
  readonly nodes: ReadonlyMap<string, number>;
  readonly slots: ReadonlyMap<string, number>;
  /** For how long the longest of each state has been held, in seconds. */
  readonly slot_held_seconds_max: ReadonlyMap<string, number>;
  readonly rollouts: ReadonlyMap<string, number>;
  /** Nodes for which gates have set something. */
  readonly drains: ReadonlyMap<string, number>;
  /** Units of nodes with limits, by how it stands with those. */
  readonly limited_units: ReadonlyMap<string, number>;
  /** SSDs on /m2 of nodes, as their agents said last. */
  readonly m2_disks: ReadonlyMap<string, number>;
  /** Settings of nodes, by how it stands with those. */
  readonly node_settings: ReadonlyMap<string, number>;
  /** Whether etcd is not what a coordinator remembers, and whether nodes are waited for since it was adopted. */
  readonly cluster: ReadonlyMap<string, number>;
  /** Registered coordinators, whether they run and reach etcd. */
  readonly coordinators: ReadonlyMap<string, number>;
}

/** What operators declare of nodes, and agents keep. */
export type MendedKind = 'limits' | 'settings';

export interface MetricsSources {
  readonly clock: Clock;
  readonly version: string;
  readonly isLeader: () => boolean;
  /** Whether etcd answered when it was last looked at. */
  readonly isEtcdUp: () => boolean;
  readonly sessions: () => number;
  /** How far clocks of nodes are off. */
  readonly clockOffsets: () => Iterable<number>;
  readonly census: Recent<Census | undefined>;
}

/** What a coordinator counts, under Prometheus' rules for names and units. No label names a node: there may be ten thousand. */
export class CoordinatorMetrics {
  readonly registry = new Registry();
  readonly #clock: Clock;
  /** When operations began, by the monotonic clock of this leader. */
  readonly #begun = new Map<string, number>();
  readonly #steps: Histogram<'outcome'>;
  readonly #gateAnswers: Counter<'gate' | 'answer'>;
  readonly #gateSeconds: Histogram<'gate'>;
  readonly #transactions: Counter<'outcome'>;
  readonly #transactionSeconds: Histogram;
  readonly #received: Counter;
  readonly #sent: Counter;
  readonly #denied: Counter<'reason'>;
  readonly #mended: Counter<'kind'>;

  constructor(sources: MetricsSources) {
    const registers = [this.registry];
    this.#clock = sources.clock;
    stateGauges(this.registry, sources);
    this.#steps = new Histogram({
      name: 'uvs_step_duration_seconds',
      help: 'Time from begun to reported as ended of one node in a rollout, by outcome.',
      labelNames: ['outcome'],
      buckets: [1, 5, 15, 30, 60, 120, 300, 600, 1200, 3600],
      registers,
    });
    this.#gateAnswers = new Counter({
      name: 'uvs_gate_answers_total',
      help: 'Answers of gates, yes or no.',
      labelNames: ['gate', 'answer'],
      registers,
    });
    this.#gateSeconds = new Histogram({
      name: 'uvs_gate_duration_seconds',
      help: 'Time a gate took to answer.',
      labelNames: ['gate'],
      buckets: [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60],
      registers,
    });
    this.#transactions = new Counter({
      name: 'uvs_etcd_transactions_total',
      help: 'Transactions sent to etcd: done, refused by their conditions, or failed.',
      labelNames: ['outcome'],
      registers,
    });
    this.#transactionSeconds = new Histogram({
      name: 'uvs_etcd_transaction_duration_seconds',
      help: 'Time a transaction of etcd took.',
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2],
      registers,
    });
    this.#received = new Counter({ name: 'uvs_package_received_bytes_total', help: 'Bytes of packages received in uploads.', registers });
    this.#sent = new Counter({
      name: 'uvs_package_sent_bytes_total',
      help: 'Bytes of packages sent to nodes and coordinators.',
      registers,
    });
    this.#denied = new Counter({
      name: 'uvs_denied_calls_total',
      help: 'Calls that were refused by identity or role.',
      labelNames: ['reason'],
      registers,
    });
    this.#mended = new Counter({
      name: 'uvs_mended_total',
      help: 'Services (limits) and settings of nodes that were changed by others and put back, as their agents said; what is said again in a new session counts again.',
      labelNames: ['kind'],
      registers,
    });
    const kinds: readonly MendedKind[] = ['limits', 'settings'];
    for (const kind of kinds) this.#mended.inc({ kind }, 0);
  }

  began(operation: string): void {
    if (this.#begun.has(operation)) return;
    this.#begun.set(operation, this.#clock.monotonicMs());
    const [oldest] = this.#begun.keys();
    if (this.#begun.size > 20_000 && oldest !== undefined) this.#begun.delete(oldest);
  }

  /** An operation whose begin another leader heard is not timed. */
  ended(operation: string, outcome: Outcome): void {
    const beganMs = this.#begun.get(operation);
    if (beganMs === undefined) return;
    this.#begun.delete(operation);
    this.#steps.observe({ outcome }, (this.#clock.monotonicMs() - beganMs) / 1000);
  }

  gateAnswered(gate: string, answer: GateAnswer, durationMs: number): void {
    this.#gateAnswers.inc({ gate, answer: answer.isYes ? 'yes' : 'no' });
    this.#gateSeconds.observe({ gate }, durationMs / 1000);
  }

  transaction(outcome: 'done' | 'refused' | 'failed', durationMs: number): void {
    this.#transactions.inc({ outcome });
    this.#transactionSeconds.observe(durationMs / 1000);
  }

  packageBytes(direction: 'in' | 'out', count: number): void {
    (direction === 'in' ? this.#received : this.#sent).inc(count);
  }

  mended(kind: MendedKind, count: number): void {
    this.#mended.inc({ kind }, count);
  }

  denied(error: UvsError): void {
    this.#denied.inc({ reason: error.reason });
  }
}

function stateGauges(registry: Registry, { version, isLeader, isEtcdUp, sessions, clockOffsets, census }: MetricsSources): void {
  const registers = [registry];
  new Gauge({
    name: 'uvs_coordinator_info',
    help: 'Version of the coordinator; the value is always 1.',
    labelNames: ['version'],
    registers,
  }).set({ version }, 1);
  const plain = (name: string, help: string, read: () => number): Gauge =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  plain('uvs_coordinator_leader', 'Whether this coordinator leads (1) or not (0).', () => (isLeader() ? 1 : 0));
  plain('uvs_etcd_up', 'Whether etcd answered this coordinator (1) or not (0) when it was last looked at, a few seconds ago.', () =>
    isEtcdUp() ? 1 : 0,
  );
  plain('uvs_agent_sessions', 'Agents with an open session.', sessions);
  plain('process_resident_memory_bytes', 'Resident memory size in bytes.', () => process.memoryUsage.rss());
  byState(
    registry,
    census,
    'nodes',
    'Nodes by state; updating-unheard: in an update, and silent; removed: by force, and still counted as down; only told by the leader.',
  );
  byState(registry, census, 'slots', 'Slots that are not free by state; only told by the leader.');
  byState(
    registry,
    census,
    'slot_held_seconds_max',
    'Time since the begin, or the grant before it, of the slot that is held longest, by state; only told by the leader.',
  );
  byState(registry, census, 'coordinators', 'Registered coordinators, up or down (not running, or without etcd); only told by the leader.');
  byState(registry, census, 'rollouts', 'Rollouts by state; only told by the leader.');
  byState(
    registry,
    census,
    'drains',
    "Nodes for which gates have set something outside of UVS by state; stuck: it can't be taken back; only told by the leader.",
  );
  byState(
    registry,
    census,
    'limited_units',
    'Units of nodes by how it stands with their limits; unknown: a node has not answered, or could do nothing; only told by the leader.',
  );
  byState(registry, census, 'm2_disks', 'SSDs on /m2 that were set up, by state, as nodes said last; only told by the leader.');
  byState(
    registry,
    census,
    'node_settings',
    'Settings of nodes by how it stands with them; waiting: for an NTP server; unknown: a node has not answered; only told by the leader.',
  );
  plain(
    'uvs_clock_offset_max_seconds',
    'How far the clock of a node is off at most, as the NTP clients of nodes with settings say it; NaN: none does.',
    () => [...clockOffsets()].map(Math.abs).reduce((most, each) => (each <= most ? most : each), Number.NaN),
  );
  byState(
    registry,
    census,
    'cluster',
    'Whether (1) nothing is granted: frozen, held (etcd was put back) or adopting (nodes are waited for); only told by the leader.',
  );
  cpuSeconds(registry);
}

function byState(registry: Registry, census: Recent<Census | undefined>, what: keyof Census, help: string): Gauge<'state'> {
  return new Gauge({
    name: `uvs_${what}`,
    help,
    labelNames: ['state'],
    registers: [registry],
    async collect() {
      this.reset();
      for (const [state, count] of (await census.get())?.[what] ?? []) this.set({ state }, count);
    },
  });
}

/** Prometheus' own name for what every process should tell; prom-client's default set breaks its naming rules elsewhere. */
function cpuSeconds(registry: Registry): Counter {
  let counted = 0;
  return new Counter({
    name: 'process_cpu_seconds_total',
    help: 'Total user and system CPU time spent in seconds.',
    registers: [registry],
    collect() {
      const { user, system } = process.cpuUsage();
      const seconds = (user + system) / 1e6;
      this.inc(Math.max(0, seconds - counted));
      counted = seconds;
    },
  });
}
