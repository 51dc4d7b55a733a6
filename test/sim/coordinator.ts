import type { WithdrawalList } from '../../coordinator/core/withdrawals.ts';
import { createLogger } from '../../common/log.ts';
import { UvsError } from '../../common/errors.ts';
import type { Channel, ChannelListener } from '../../common/rpc/handlers.ts';
import { AgentHub } from '../../coordinator/agents/hub.ts';
import { sessionTimes } from '../../coordinator/agents/session-timeouts.ts';
import { Coordinator } from '../../coordinator/core/coordinator.ts';
import { defaultTimings } from '../../coordinator/core/timings.ts';
import type { Etcd } from '../../coordinator/etcd/port.ts';
import type { Drain, Gate } from '../../coordinator/ports.ts';
import type { Seen } from '../../coordinator/state/seen.ts';
import type { SessionRequest__Output } from '../../proto/gen/uvs/agent/v1/SessionRequest.ts';
import type { SessionResponse } from '../../proto/gen/uvs/agent/v1/SessionResponse.ts';
import { written } from './disk.ts';
import type { Prng } from './prng.ts';
import { Process, type Timeline, type WallClock } from './timeline.ts';
import { simulatedRoot } from './packages.ts';

export interface CoordinatorMachineOptions {
  readonly id: string;
  readonly timeline: Timeline;
  /** Of the node that it runs on. */
  readonly clock: WallClock;
  readonly prng: Prng;
  readonly connect: (process: Process) => Etcd;
  /** What its gate sets. */
  readonly drain: Drain;
  readonly onLog: (line: string) => void;
}

/** Grants that end soon, so that some do while they are asked about. */
/** The leadership moves as often as by the defaults in a longer rollout. */
const timings = { ...defaultTimings, slotTtlSeconds: 15, handOverAfterMs: 5_000 };
const RESTART_MS = 3_000;

/** A machine with a coordinator on it, which is started again whenever it has ended. */
export class CoordinatorMachine {
  readonly id: string;
  readonly address: string;
  /** The node whose machine it runs on. */
  readonly nodeName: string;
  readonly #options: CoordinatorMachineOptions;
  readonly #prng: Prng;
  process: Process;
  coordinator: Coordinator | undefined;
  #hub: AgentHub | undefined;
  /** On its disk. */
  #seen: Seen | undefined;
  #withdrawals: WithdrawalList | undefined;

  constructor(options: CoordinatorMachineOptions) {
    this.#options = options;
    this.id = options.id;
    this.address = `${options.id}.test:7100`;
    this.nodeName = nodeNameOf(options.id);
    this.#prng = options.prng;
    this.process = new Process(options.id, options.timeline, options.clock);
  }

  get hub(): AgentHub | undefined {
    return this.process.isDead ? undefined : this.#hub;
  }

  /** Starts it, unless it runs. */
  start(): void {
    if (this.#hub !== undefined && !this.process.isDead) return;
    this.process = new Process(this.id, this.#options.timeline, this.#options.clock);
    this.coordinator = undefined;
    this.#hub = undefined;
    this.process.run(() => void this.#serve());
  }

  crash(): void {
    this.process.kill();
  }

  async #serve(): Promise<void> {
    const { id, connect, drain, onLog } = this.#options;
    const { process } = this;
    const clock = { monotonicMs: () => process.timeline.nowMs, wallMs: () => Date.now() };
    const log = createLogger('uvs-coordinator', {
      level: 'error',
      isJournal: false,
      write: (line) => onLog(line),
    });
    const coordinator = new Coordinator({
      etcd: connect(process),
      clock,
      nodeName: this.nodeName,
      member: { id, grpcAddress: this.address, httpsAddress: `${id}.test:7101` },
      gates: [slowGate(this.#prng, drain)],
      timings,
      randomUuid: () => this.#prng.uuid(),
      seen: {
        read: async () => this.#seen,
        write: async (seen) => {
          await written();
          this.#seen = seen;
        },
      },
      certificateFingerprint: id,
      withdrawals: {
        read: async () => this.#withdrawals,
        write: async (list) => {
          await written();
          this.#withdrawals = list;
        },
      },
      pulse: { turn: () => undefined, rest: () => undefined },
      packageRoot: { given: simulatedRoot, store: { read: async () => undefined, write: async () => await written() } },
      log,
    });
    const hub = new AgentHub({
      core: coordinator.core,
      leadership: coordinator,
      ownHttpsAddress: `${id}.test:7101`,
      clock,
      times: sessionTimes,
      onTrouble: () => undefined,
      onMended: () => undefined,
    });
    this.coordinator = coordinator;
    this.#hub = hub;
    try {
      await coordinator.start(hub, new AbortController().signal);
    } catch {
      this.crash();
      process.timeline.after(RESTART_MS, undefined, () => {
        if (this.process === process) this.start();
      });
    }
  }

  /** Takes a stream of an agent. @throws UvsError UNREACHABLE */
  open(channel: Channel<SessionResponse>): ChannelListener<SessionRequest__Output> {
    if (this.hub === undefined) throw new UvsError('UNREACHABLE', `${this.id} does not run`);
    return this.hub.open(channel);
  }
}

/** The node on the machine of a coordinator. */
export function nodeNameOf(coordinator: string): string {
  return `n${coordinator.slice(1)}`;
}

/** Says yes after a while, mostly. */
function slowGate(prng: Prng, drain: Drain): Gate {
  return {
    name: 'storage',
    kind: 'command',
    drain,
    ask: async () => {
      await new Promise((resolve) => setTimeout(resolve, prng.chance(0.08) ? prng.between(2_000, 30_000) : prng.between(1, 300)));
      return prng.chance(0.03) ? { isYes: false, message: 'degraded' } : { isYes: true, message: '' };
    },
  };
}
