import { toUvsError } from '../../common/errors.ts';
import type { TimedAnswer } from '../core.ts';
import type { Clock, Gate, GateAnswer, GateQuestion } from '../ports.ts';

export interface NamedAnswer extends TimedAnswer {
  readonly name: string;
  /** See GateAnswer. */
  readonly note: string | undefined;
}

/**
 * Asks all gates at once and returns an answer for each, in their order. A gate that throws, or is silent past `deadlineMs` whatever it
 * promised, has said no. Never rejects; an abort is a no from all that have not answered.
 */
export async function askGates(
  gates: readonly Gate[],
  question: GateQuestion,
  context: { readonly clock: Clock; readonly deadlineMs: number; readonly signal: AbortSignal },
): Promise<readonly NamedAnswer[]> {
  return Promise.all(gates.map((gate) => askOne(gate, question, context)));
}

/** The first no of several answers as one sentence, or undefined where all said yes. */
export function firstNo(answers: readonly NamedAnswer[]): string | undefined {
  const no = answers.find((answer) => !answer.isYes);
  return no === undefined ? undefined : `gate ${no.name}: ${no.message}`;
}

async function askOne(
  gate: Gate,
  question: GateQuestion,
  { clock, deadlineMs, signal }: { readonly clock: Clock; readonly deadlineMs: number; readonly signal: AbortSignal },
): Promise<NamedAnswer> {
  const at = clock.wallMs();
  const startedMs = clock.monotonicMs();
  const given = await withinDeadline(gate, question, deadlineMs, signal);
  return { name: gate.name, isYes: given.isYes, message: given.message, note: given.note, at, durationMs: clock.monotonicMs() - startedMs };
}

async function withinDeadline(gate: Gate, question: GateQuestion, deadlineMs: number, signal: AbortSignal): Promise<GateAnswer> {
  const stop = new AbortController();
  const { promise: ended, resolve } = Promise.withResolvers<GateAnswer>();
  const end = (message: string): void => {
    resolve({ isYes: false, message });
    stop.abort();
  };
  const onAbort = (): void => end('cancelled before it answered');
  const timer = setTimeout(() => end(`no answer within ${deadlineMs / 1000} s`), deadlineMs);
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    return await Promise.race([answerOf(gate, question, stop.signal), ended]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}

async function answerOf(gate: Gate, question: GateQuestion, signal: AbortSignal): Promise<GateAnswer> {
  try {
    return await gate.ask(question, signal);
  } catch (thrown) {
    const { message, hint } = toUvsError(thrown);
    return { isYes: false, message: `could not be asked: ${message}${hint === undefined ? '' : ` (${hint})`}` };
  }
}
