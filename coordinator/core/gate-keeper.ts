import type { TimedAnswer } from '../core.ts';
import type { NodeRecord } from '../domain.ts';
import { askGates, type NamedAnswer } from '../gates/ask.ts';
import type { Clock, Gate, GateQuestion } from '../ports.ts';

/** Asks the configured gates and remembers what each said last. */
export class GateKeeper {
  readonly #gates: readonly Gate[];
  readonly #clock: Clock;
  readonly #deadlineMs: number;
  readonly #last = new Map<string, TimedAnswer>();

  constructor(gates: readonly Gate[], clock: Clock, deadlineMs: number) {
    this.#gates = gates;
    this.#clock = clock;
    this.#deadlineMs = deadlineMs;
  }

  list(): readonly { readonly name: string; readonly kind: string; readonly last: TimedAnswer | undefined }[] {
    return this.#gates.map(({ name, kind }) => ({ name, kind, last: this.#last.get(name) }));
  }

  async ask(question: GateQuestion, signal: AbortSignal): Promise<readonly NamedAnswer[]> {
    const answers = await askGates(this.#gates, question, { clock: this.#clock, deadlineMs: this.#deadlineMs, signal });
    for (const answer of answers) this.#last.set(answer.name, answer);
    return answers;
  }

  /** Says of a plan's nodes what no waiting will make a yes. A gate that can't be asked says nothing here: its answer to `ask` is a no. */
  async never(nodes: readonly NodeRecord[], signal: AbortSignal): Promise<readonly { readonly name: string; readonly message: string }[]> {
    const within = AbortSignal.any([signal, AbortSignal.timeout(this.#deadlineMs)]);
    const reasons = await Promise.all(
      this.#gates.map(async ({ name, never }) => {
        const said = await never?.(nodes, within).catch(() => []);
        return (said ?? []).map((message) => ({ name, message }));
      }),
    );
    return reasons.flat();
  }
}
