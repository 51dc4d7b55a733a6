import { Counter, Gauge, Registry } from 'prom-client';
import type { NodeFacts } from '../common/facts.ts';
import type { DiskFigures } from './m2/disk-figures.ts';
import { m2States } from '../common/m2-states.ts';
import type { Outcome } from '../common/outcome.ts';

/** What the cluster declares and agents keep. */
export type MendedKind = 'limits' | 'settings';

/** What the agent counts, under Prometheus' rules for names and units. */
export interface AgentMetrics {
  readonly registry: Registry;
  connected(isConnected: boolean): void;
  fetched(bytes: number): void;
  ended(outcome: Outcome): void;
  facts(facts: NodeFacts): void;
  openOperations(count: number): void;
  disks(figures: DiskFigures): void;
  mended(kind: MendedKind, count: number): void;
  /** @param seconds undefined: nothing is known */
  clockOffset(seconds: number | undefined): void;
}

/** Makes the agent's metrics in a registry of their own. @param contactAgeSeconds seconds since a coordinator last led this node, by a monotonic clock; NaN: never. */
export function createAgentMetrics(agentVersion: string, contactAgeSeconds: () => number): AgentMetrics {
  const registry = new Registry();
  const registers = [registry];
  const gauge = (name: string, help: string, collect?: (this: Gauge) => void): Gauge =>
    new Gauge({ name, help, registers, ...(collect === undefined ? {} : { collect }) });

  new Gauge({ name: 'uvs_agent_info', help: 'Version of the agent; the value is always 1.', labelNames: ['version'], registers }).set(
    { version: agentVersion },
    1,
  );
  const release = new Gauge({
    name: 'uvs_agent_release_info',
    help: 'Installed versions; the value is always 1.',
    labelNames: ['uvs', 'ceph', 'kernel'],
    registers,
  });
  const connected = gauge('uvs_agent_connected', 'Whether a session with the leading coordinator is open (1) or not (0).');
  const sessions = new Counter({
    name: 'uvs_agent_sessions_total',
    help: 'Sessions that were opened with a leading coordinator.',
    registers,
  });
  gauge(
    'uvs_agent_contact_age_seconds',
    'Time since the session with a leading coordinator was last open; NaN before the first.',
    function collect() {
      this.set(contactAgeSeconds());
    },
  );
  const fetched = new Counter({ name: 'uvs_agent_fetched_bytes_total', help: 'Bytes of packages fetched from coordinators.', registers });
  const operations = new Counter({
    name: 'uvs_agent_operations_total',
    help: 'Operations that ended, by outcome.',
    labelNames: ['outcome'],
    registers,
  });
  const mended = new Counter({
    name: 'uvs_agent_mended_total',
    help: 'Services (limits) and settings of which something was found changed by others, and put back.',
    labelNames: ['kind'],
    registers,
  });
  const kinds: readonly MendedKind[] = ['limits', 'settings'];
  for (const kind of kinds) mended.inc({ kind }, 0);
  const open = gauge('uvs_agent_open_operations', 'Operations that have not ended or whose end was not acknowledged.');
  const free = gauge('uvs_agent_root_free_bytes', 'Free space on the managed root.');
  const size = gauge('uvs_agent_root_size_bytes', 'Size of the file system of the managed root.');
  const m2 = new Gauge({
    name: 'uvs_agent_m2',
    help: 'How it stands with the SSD on /m2; 1 for the state that it has, 0 for the others.',
    labelNames: ['state'],
    registers,
  });
  const written = new Gauge({
    name: 'uvs_agent_root_disk_written_bytes',
    help: "Bytes written to the disk of the root since the boot, by the kernel's count; NaN where it is on no disk of its own.",
    registers,
  });
  // a gauge without a label would be told as 0 before anything is known
  const known = { labelNames: ['disk'], registers };
  const healthy = new Gauge({
    name: 'uvs_agent_m2_healthy',
    help: 'Whether the SSD on /m2 says that it is well (1) or not (0).',
    ...known,
  });
  const wear = new Gauge({
    name: 'uvs_agent_m2_wear_ratio',
    help: 'How much of its life the SSD on /m2 has spent, as it says; may exceed 1.',
    ...known,
  });
  const errors = new Gauge({ name: 'uvs_agent_m2_media_errors', help: 'Errors of its medium that the SSD on /m2 has counted.', ...known });
  gauge('process_resident_memory_bytes', 'Resident memory size in bytes.', function collect() {
    this.set(process.memoryUsage.rss());
  });
  cpuSeconds(registry);
  const offset = gauge(
    'uvs_agent_clock_offset_seconds',
    'How far the clock is off, as the NTP client says it where `ntp-servers` is set; positive where it is slow; NaN: nothing is known.',
  );
  offset.set(Number.NaN);
  connected.set(0);
  return {
    registry,
    connected: (isConnected) => {
      if (isConnected) sessions.inc();
      connected.set(isConnected ? 1 : 0);
    },
    fetched: (bytes) => fetched.inc(bytes),
    ended: (outcome) => operations.inc({ outcome }),
    facts: (facts) => {
      free.set(facts.diskFreeBytes);
      size.set(facts.diskTotalBytes);
      for (const state of m2States) m2.set({ state }, state === (facts.m2?.state ?? 'none') ? 1 : 0);
      release.reset();
      release.set({ uvs: facts.uvsVersion, ceph: facts.cephVersion, kernel: facts.kernelVersion }, 1);
    },
    openOperations: (count) => open.set(count),
    disks: ({ rootBytesWritten, ssd }) => {
      written.set(rootBytesWritten ?? Number.NaN);
      const tell = (figure: Gauge, value: number | undefined): void => {
        figure.reset();
        if (value !== undefined) figure.set({ disk: 'm2' }, value);
      };
      tell(healthy, ssd.isWell === undefined ? undefined : Number(ssd.isWell));
      tell(wear, ssd.wearRatio);
      tell(errors, ssd.mediaErrors);
    },
    mended: (kind, count) => mended.inc({ kind }, count),
    clockOffset: (seconds) => offset.set(seconds ?? Number.NaN),
  };
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
