import type { TimedAnswer } from '../core.ts';
import { askGates, firstNo, type NamedAnswer } from '../gates/ask.ts';
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

  /** @returns the first no as a sentence, or undefined where all said yes. */
  async refusal(question: GateQuestion, signal: AbortSignal): Promise<string | undefined> {
    return firstNo(await this.ask(question, signal));
  }
}
