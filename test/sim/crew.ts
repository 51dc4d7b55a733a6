import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Edit } from './planted-bugs.ts';
import type { Plan } from './plan.ts';
import type { Outcome } from './simulate.ts';

/** Threads that run simulations, each one at a time. */
export class Crew implements AsyncDisposable {
  readonly #workers: readonly Worker[];
  readonly #idle: Worker[];
  readonly #waiting: ((worker: Worker) => void)[] = [];

  /** @param planted what is changed in the sources that they run */
  constructor(planted: readonly Edit[] = [], size = availableParallelism()) {
    this.#workers = Array.from({ length: size }, () => new Worker(new URL('worker.ts', import.meta.url), { workerData: { planted } }));
    this.#idle = [...this.#workers];
  }

  get size(): number {
    return this.#workers.length;
  }

  /** Runs a plan as soon as a thread is free. @throws what no simulation may throw, e.g. an error in the simulation itself */
  async run(plan: Plan): Promise<Outcome> {
    const worker = this.#idle.pop() ?? (await new Promise<Worker>((resolve) => this.#waiting.push(resolve)));
    try {
      return await answerOf(worker, plan);
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#idle.push(worker);
      else next(worker);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }
}

function answerOf(worker: Worker, plan: Plan): Promise<Outcome> {
  const { promise, resolve, reject } = Promise.withResolvers<Outcome>();
  const onError = (cause: unknown): void => reject(new Error(`the simulation of seed ${plan.seed} failed`, { cause }));
  worker.once('message', resolve);
  worker.once('error', onError);
  worker.postMessage(plan, []);
  return promise.finally(() => worker.removeListener('message', resolve).removeListener('error', onError));
}
