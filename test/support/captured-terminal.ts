import { unpainted, type Paint } from '../../cli/output/colour.ts';
import type { Terminal } from '../../cli/output/terminal.ts';

/** A terminal that keeps what is written; `answers` are given to questions in turn, an unexpected question is answered with nothing. */
export interface CapturedTerminal extends Terminal {
  /** Standard output so far. */
  readonly out: string;
  /** Standard error so far. */
  readonly err: string;
  readonly questions: readonly string[];
}

export interface CapturedOptions {
  readonly isInteractive?: boolean;
  readonly canAsk?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  readonly paint?: Paint;
  readonly answers?: readonly string[];
  /** Hears of each write to standard output. */
  readonly onWrite?: (text: string) => void;
}

/** Makes one; without options it is a pipe. */
export function capturedTerminal(options: CapturedOptions = {}): CapturedTerminal {
  let out = '';
  let err = '';
  const questions: string[] = [];
  const answers = [...(options.answers ?? [])];
  return {
    get out() {
      return out;
    },
    get err() {
      return err;
    },
    questions,
    write: (text) => {
      out += text;
      options.onWrite?.(text);
    },
    note: (line) => {
      err += `${line}\n`;
    },
    draw: (text) => {
      err += text;
    },
    isInteractive: options.isInteractive ?? false,
    canDrawNotes: options.isInteractive ?? false,
    canAsk: options.canAsk ?? false,
    paint: options.paint ?? unpainted,
    columns: () => options.columns,
    rows: () => options.rows,
    onResize: () => ({ [Symbol.dispose]: () => undefined }),
    ask: async (question) => {
      questions.push(question);
      await Promise.resolve();
      return answers.shift() ?? '';
    },
  };
}
