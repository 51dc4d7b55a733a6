import { createInterface } from 'node:readline/promises';
import { isatty, type ReadStream, type WriteStream } from 'node:tty';
import { UvsError } from '../../common/errors.ts';
import { paintFor, type Paint } from './colour.ts';

/** Where a command speaks to: results on one channel, remarks on another, and a person who can be asked, if there is one. */
export interface Terminal {
  /** Writes to standard output: what was asked for. */
  readonly write: (text: string) => void;
  /** Writes one line to standard error: remarks that must not mix with a result. */
  readonly note: (line: string) => void;
  /** Whether standard output is a terminal that can be drawn on. */
  readonly isInteractive: boolean;
  /** The same for standard error, where progress of something that ends in a result is drawn. */
  readonly canDrawNotes: boolean;
  /** Draws on standard error; only where `canDrawNotes`. */
  readonly draw: (text: string) => void;
  /** Whether a person can be asked. */
  readonly canAsk: boolean;
  readonly paint: Paint;
  /** Columns of standard output; undefined where it is no terminal. */
  readonly columns: () => number | undefined;
  readonly rows: () => number | undefined;
  readonly onResize: (listener: () => void) => Disposable;
  /** Asks on standard error and returns the answer; an end of input is an empty one. @throws UvsError CANCELLED */
  readonly ask: (question: string, signal: AbortSignal) => Promise<string>;
}

/** Of a terminal that does not know its size and says 0, as serial consoles do. */
const usualColumns = 80;
const usualRows = 24;

/** The streams of a process, as far as a terminal needs them. */
export interface Streams {
  readonly stdin: ReadStream;
  readonly stdout: WriteStream;
  readonly stderr: WriteStream;
}

/** Makes the terminal of a process from its three standard streams. */
export function processTerminal(streams: Streams, environment: Readonly<Record<string, string | undefined>>): Terminal {
  const { stdin, stdout, stderr } = streams;
  const canMove = environment['TERM'] !== 'dumb';
  const isOutTerminal = isatty(1);
  const isErrorTerminal = isatty(2);
  return {
    write: (text) => void stdout.write(text),
    note: (line) => void stderr.write(`${line}\n`),
    isInteractive: isOutTerminal && canMove,
    canDrawNotes: isErrorTerminal && canMove,
    draw: (text) => void stderr.write(text),
    canAsk: isatty(0) && isErrorTerminal,
    paint: paintFor(isOutTerminal, environment),
    columns: () => (isOutTerminal ? stdout.columns || usualColumns : undefined),
    rows: () => (isOutTerminal ? stdout.rows || usualRows : undefined),
    onResize: (listener) => {
      stdout.on('resize', listener);
      return { [Symbol.dispose]: () => void stdout.off('resize', listener) };
    },
    ask: async (question, signal) => await askPerson(stdin, stderr, question, signal),
  };
}

async function askPerson(stdin: ReadStream, stderr: WriteStream, question: string, signal: AbortSignal): Promise<string> {
  const reader = createInterface({ input: stdin, output: stderr });
  const cancelled = new AbortController();
  // On a terminal the reader takes Ctrl-C for itself, so that the process gets no signal.
  reader.once('SIGINT', () => cancelled.abort());
  const ended = new Promise<string>((resolve) => reader.once('close', () => resolve('')));
  try {
    return await Promise.race([reader.question(question, { signal: AbortSignal.any([signal, cancelled.signal]) }), ended]);
  } catch (cause) {
    stderr.write('\n');
    throw new UvsError('CANCELLED', 'the question was not answered', { cause });
  } finally {
    reader.close();
  }
}
