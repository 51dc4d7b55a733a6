import type { Coordinators } from '../../agent/link/coordinators.ts';
import { toUvsError, UvsError } from '../../common/errors.ts';
import type { CallLimits, CoordinatorClient } from '../../common/rpc/client.ts';
import { methodOf, type MethodName, type RequestOf, type ResponseOf, type ServiceName } from '../../common/rpc/services.ts';
import { answerAgent } from './agent-service.ts';
import type { CoordinatorMachine } from './coordinator.ts';
import type { Machine } from './machine.ts';
import type { Network } from './network.ts';
import type { Process } from './timeline.ts';
import { watchDeath } from './watch-death.ts';
import { definition } from './wire.ts';

const POLL_MS = 300;

interface Surroundings {
  readonly machine: Machine;
  readonly network: Network;
  readonly coordinators: ReadonlyMap<string, CoordinatorMachine>;
}

/** An agent's calls to the coordinators that it knows, without TLS and gRPC. */
export class AgentCalls implements Pick<CoordinatorClient, 'call'> {
  readonly #machine: Machine;
  readonly #network: Network;
  readonly #machines: ReadonlyMap<string, CoordinatorMachine>;
  readonly #process: Process;
  readonly #coordinators: Coordinators;

  constructor({ machine, network, coordinators }: Surroundings, process: Process, known: Coordinators) {
    this.#machine = machine;
    this.#network = network;
    this.#machines = coordinators;
    this.#process = process;
    this.#coordinators = known;
  }

  /** Asks one coordinator after the other, follows the one that says who leads, and waits through elections, until the deadline. */
  async call<S extends ServiceName, M extends MethodName<S>>(
    service: S,
    method: M,
    request: RequestOf<S, M>,
    limits: CallLimits = {},
  ): Promise<ResponseOf<S, M>> {
    const { requestSerialize, responseDeserialize } = methodOf(definition, service, method);
    const bytes = requestSerialize(request);
    const untilMs = performance.now() + (limits.deadlineMs ?? 15_000);
    for (;;) {
      const queue = [...this.#coordinators.grpc()];
      const asked = new Set<string>();
      let last: UvsError = new UvsError('UNREACHABLE', 'no coordinator answered');
      for (let address = queue.shift(); address !== undefined; address = queue.shift()) {
        if (asked.has(address)) continue;
        asked.add(address);
        try {
          return responseDeserialize(await this.#ask(address, method, bytes, untilMs - performance.now(), limits.signal));
        } catch (thrown) {
          last = toUvsError(thrown);
          if (!['UNREACHABLE', 'NOT_LEADER', 'NO_LEADER', 'ETCD_UNAVAILABLE'].includes(last.reason)) throw last;
          const leader = last.reason === 'NOT_LEADER' ? last.details['leader'] : undefined;
          if (leader !== undefined && leader !== '') queue.unshift(leader);
        }
      }
      if (untilMs - performance.now() <= POLL_MS) throw last;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  #ask(address: string, method: string, request: Buffer, deadlineMs: number, signal: AbortSignal | undefined): Promise<Buffer> {
    const machine = this.#machine;
    const network = this.#network;
    const { timeline } = network;
    const coordinator = this.#machines.get(address);
    const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
    if (coordinator?.hub === undefined) return Promise.reject(new UvsError('UNREACHABLE', `${address} does not answer`));
    const { process } = coordinator;
    const gone = new AbortController();
    const timer = setTimeout(
      () => {
        reject(new UvsError('DEADLINE_EXCEEDED', `${address} did not answer ${method} in time`));
        gone.abort(new UvsError('CANCELLED', 'the caller has gone'));
      },
      Math.max(1, deadlineMs),
    );
    signal?.addEventListener('abort', () => reject(toUvsError(signal.reason)), { once: true });
    const answer = (settle: () => void): void => {
      if (network.isCut(machine.hostname, coordinator.id)) return;
      timeline.after(network.latencyMs(machine.hostname, coordinator.id), this.#process, () => {
        clearTimeout(timer);
        settle();
      });
    };
    const serve = async (): Promise<void> => {
      try {
        const response = await answerAgent(coordinator, machine.uid, method, request, gone.signal);
        answer(() => resolve(response));
      } catch (error) {
        answer(() => reject(toUvsError(error)));
      }
    };
    const arrive = (isLast: boolean): void => {
      if (!network.isCut(machine.hostname, coordinator.id)) return void serve();
      if (!isLast && network.comesLate()) timeline.after(network.lateMs(), process, () => arrive(true));
    };
    timeline.after(network.latencyMs(machine.hostname, coordinator.id), process, () => arrive(false));
    const death = watchDeath(network, process, () =>
      this.#process.run(() => reject(new UvsError('UNREACHABLE', `the connection to ${address} was lost`))),
    );
    return promise.finally(() => death[Symbol.dispose]());
  }
}
