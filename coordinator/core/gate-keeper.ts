import type { TimedAnswer } from '../core.ts';
import type { NodeRecord } from '../domain.ts';
import { askGates, type NamedAnswer } from '../gates/ask.ts';
import { GateRuns } from '../gates/gate-runs.ts';
import type { Clock, Gate, GateQuestion } from '../ports.ts';

/**
 * Answers of one gate that are found out at once, for what is decided about slots; each may be a program, and coordinators run on small machines.
 * What is only shown has places of its own, so that nobody who looks at plans keeps a node waiting.
 */
const DECIDED_AT_ONCE = 16;
const SHOWN_AT_ONCE = 2;
/** A node asks one thing at a time, and again where an answer was late. */
const WAITING_PER_NODE = 4;
/** A gate kills its program at once, and gives up its own questions. */
const GRACE_MS = 10_000;

interface KeptGate {
  readonly gate: Gate;
  readonly toDecide: GateRuns;
  readonly toShow: GateRuns;
}

/** Asks the configured gates and remembers what each said last. */
export class GateKeeper {
  readonly #gates: readonly KeptGate[];
  readonly #clock: Clock;
  readonly #deadlineMs: number;
  readonly #last = new Map<string, TimedAnswer>();

  /** @param onDeaf hears the name of a gate that goes on long after it was told to stop, each time */
  constructor(gates: readonly Gate[], clock: Clock, deadlineMs: number, onDeaf: (gate: string) => void, graceMs = GRACE_MS) {
    this.#gates = gates.map((gate) => {
      const common = { waiting: WAITING_PER_NODE, graceMs, onDeaf: () => onDeaf(gate.name) };
      return {
        gate,
        toDecide: new GateRuns(gate, { ...common, atOnce: DECIDED_AT_ONCE }),
        toShow: new GateRuns(gate, { ...common, atOnce: SHOWN_AT_ONCE }),
      };
    });
    this.#clock = clock;
    this.#deadlineMs = deadlineMs;
  }

  list(): readonly { readonly name: string; readonly kind: string; readonly last: TimedAnswer | undefined }[] {
    return this.#gates.map(({ gate: { name, kind } }) => ({ name, kind, last: this.#last.get(name) }));
  }

  /** For what is decided about a slot; the wait for a gate's turn is a part of its deadline. */
  ask(question: GateQuestion, signal: AbortSignal): Promise<readonly NamedAnswer[]> {
    return this.#askAll(({ toDecide }) => toDecide, question, signal);
  }

  /** The same for what is only shown to somebody. */
  look(question: GateQuestion, signal: AbortSignal): Promise<readonly NamedAnswer[]> {
    return this.#askAll(({ toShow }) => toShow, question, signal);
  }

  /** Says of a plan's nodes what no waiting will make a yes. A gate that can't be asked says nothing here: its answer to `look` is a no. */
  async never(nodes: readonly NodeRecord[], signal: AbortSignal): Promise<readonly { readonly name: string; readonly message: string }[]> {
    const within = AbortSignal.any([signal, AbortSignal.timeout(this.#deadlineMs)]);
    const reasons = await Promise.all(
      this.#gates.map(async ({ gate: { name }, toShow }) => {
        const said = await toShow.never(nodes, within).catch(() => []);
        return said.map((message) => ({ name, message }));
      }),
    );
    return reasons.flat();
  }

  async #askAll(runsOf: (kept: KeptGate) => GateRuns, question: GateQuestion, signal: AbortSignal): Promise<readonly NamedAnswer[]> {
    const gates = this.#gates.map((kept): Gate => {
      const { name, kind } = kept.gate;
      return { name, kind, ask: (asked, within) => runsOf(kept).ask(asked, within) };
    });
    const answers = await askGates(gates, question, { clock: this.#clock, deadlineMs: this.#deadlineMs, signal });
    // what was cut short says nothing of the gate
    if (!signal.aborted) for (const answer of answers) this.#last.set(answer.name, answer);
    return answers;
  }
}
