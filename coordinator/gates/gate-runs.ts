import { isDeepStrictEqual } from 'node:util';
import { abortError } from '../../common/deadline.ts';
import type { NodeRecord } from '../domain.ts';
import type { Gate, GateAnswer, GateQuestion } from '../ports.ts';
import { Turns } from '../turns.ts';

export interface GateRunsOptions {
  /** Runs of the gate at the same time. */
  readonly atOnce: number;
  /** Questions about one node that may wait; of each node one is asked at a time. */
  readonly waiting: number;
  /** How long an answer that nobody waits for any more keeps its place: a program takes a moment to die. */
  readonly graceMs: number;
  /** Hears of each that has gone on for longer; its place is given to the next. */
  readonly onDeaf: () => void;
}

/** One answer under way, and those who wait for it. */
interface Run {
  readonly question: GateQuestion;
  readonly answer: Promise<GateAnswer>;
  readonly stop: AbortController;
  askers: number;
}

/**
 * Keeps a gate from being asked more often at once than a small machine bears, for each answer may be a program. Whoever asks what is being asked
 * already shares the answer; the others wait in their order, a node with many questions behind nodes with few.
 */
export class GateRuns {
  readonly #gate: Gate;
  readonly #turns: Turns;
  readonly #options: GateRunsOptions;
  /** By moment and node. */
  readonly #runs = new Map<string, Set<Run>>();

  constructor(gate: Gate, options: GateRunsOptions) {
    this.#gate = gate;
    this.#options = options;
    this.#turns = new Turns(options);
  }

  /** @throws UvsError TOO_MANY; what the gate throws; the signal's reason */
  async ask(question: GateQuestion, signal: AbortSignal): Promise<GateAnswer> {
    const key = `${question.moment} ${question.node.uid}`;
    const runs = this.#runs.get(key) ?? new Set();
    this.#runs.set(key, runs);
    const run = [...runs].find((each) => isDeepStrictEqual(each.question, question)) ?? this.#start(question, runs);
    const gaveUp = Promise.withResolvers<never>();
    const onAbort = (): void => gaveUp.reject(abortError(signal, `the question to gate ${this.#gate.name}`));
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    run.askers += 1;
    try {
      return await Promise.race([run.answer, gaveUp.promise]);
    } finally {
      signal.removeEventListener('abort', onAbort);
      run.askers -= 1;
      if (run.askers === 0) {
        // whoever comes from now on is not to share what is given up
        runs.delete(run);
        if (runs.size === 0 && this.#runs.get(key) === runs) this.#runs.delete(key);
        run.stop.abort(new Error('nobody waits for the answer any more'));
      }
    }
  }

  /** What no waiting will make a yes, asked in turns like all else. @throws UvsError TOO_MANY; what the gate throws; the signal's reason */
  async never(nodes: readonly NodeRecord[], signal: AbortSignal): Promise<readonly string[]> {
    if (this.#gate.never === undefined) return [];
    return await this.#turns.take(`never ${nodes[0]?.uid ?? ''}`, signal, () =>
      this.#withinGrace(this.#gate.never?.(nodes, signal) ?? Promise.resolve([]), signal),
    );
  }

  #start(question: GateQuestion, runs: Set<Run>): Run {
    const stop = new AbortController();
    const answer = this.#turns.take(question.node.uid, stop.signal, () =>
      this.#withinGrace(this.#gate.ask(question, stop.signal), stop.signal),
    );
    const run: Run = { question, answer, stop, askers: 0 };
    runs.add(run);
    const over = (): void => void runs.delete(run);
    answer.then(over, over);
    return run;
  }

  /** What the gate says. One that goes on though it was told to stop must not keep its place for ever. */
  async #withinGrace<T>(said: Promise<T>, signal: AbortSignal): Promise<T> {
    const { graceMs, onDeaf } = this.#options;
    const { promise: deaf, reject } = Promise.withResolvers<never>();
    let timer: NodeJS.Timeout | undefined;
    const onAbort = (): void => {
      timer = setTimeout(() => {
        onDeaf();
        reject(abortError(signal, `the question to gate ${this.#gate.name}`));
      }, graceMs);
      timer.unref();
    };
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    try {
      return await Promise.race([said, deaf]);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    }
  }
}
