import { UvsError, toUvsError } from '../../common/errors.ts';
import type { Core } from '../../coordinator/core.ts';
import type { CoordinatorMachine } from './coordinator.ts';
import type { Network } from './network.ts';
import type { Prng } from './prng.ts';
import { Process } from './timeline.ts';

const CALL_MS = 15_000;
const RETRY_MS = 1_000;
const TRIES = 40;

/** Who is refused; all else is worth another try. */
const passing: ReadonlySet<string> = new Set([
  'UNREACHABLE',
  'NOT_LEADER',
  'NO_LEADER',
  'ETCD_UNAVAILABLE',
  'DEADLINE_EXCEEDED',
  'CANCELLED',
]);

export const actor = { identity: 'operator/alice' };

/** A person with uvsctl, who says the same again, with the same request id, until somebody answers. */
export class Operator {
  readonly process: Process;
  readonly #network: Network;
  readonly #prng: Prng;
  readonly #coordinators: readonly CoordinatorMachine[];
  readonly #story: (line: string) => void;

  constructor(network: Network, prng: Prng, coordinators: readonly CoordinatorMachine[], story: (line: string) => void) {
    this.process = new Process('operator', network.timeline);
    this.#network = network;
    this.#prng = prng;
    this.#coordinators = coordinators;
    this.#story = story;
  }

  /** Calls back with the answer; what was refused is told and left. */
  ask<T>(what: string, call: (core: Core, requestId: string) => Promise<T>, answered: (answer: T) => void = () => undefined): void {
    const requestId = this.#prng.uuid();
    this.process.run(() => void this.#persist(what, (core) => call(core, requestId), answered));
  }

  async #persist<T>(what: string, call: (core: Core) => Promise<T>, answered: (answer: T) => void): Promise<void> {
    for (let attempt = 0; attempt < TRIES; attempt += 1) {
      for (const machine of this.#coordinators) {
        if (machine.coordinator?.isLeader() !== true) continue;
        try {
          const answer = await this.#call(machine, call);
          this.#story(`the operator is told that this was done: ${what}`);
          answered(answer);
          return;
        } catch (thrown) {
          const error = toUvsError(thrown);
          if (passing.has(error.reason)) continue;
          this.#story(`the operator is refused: ${what} (${error.message})`);
          return;
        }
      }
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
    this.#story(`the operator gives up: ${what}`);
  }

  #call<T>(machine: CoordinatorMachine, call: (core: Core) => Promise<T>): Promise<T> {
    const { timeline } = this.#network;
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const { process, coordinator } = machine;
    setTimeout(() => reject(new UvsError('DEADLINE_EXCEEDED', 'no answer came')), CALL_MS);
    const back = (settle: () => void): void => void timeline.after(this.#network.latencyMs('operator', machine.id), this.process, settle);
    const serve = async (): Promise<void> => {
      try {
        if (coordinator === undefined) throw new UvsError('UNREACHABLE', 'it does not run');
        const answer = await call(coordinator.core);
        back(() => resolve(answer));
      } catch (error) {
        back(() => reject(toUvsError(error)));
      }
    };
    timeline.after(this.#network.latencyMs('operator', machine.id), process, () => void serve());
    return promise;
  }
}
