import pino, { type DestinationStream, type Logger } from 'pino';
import { UvsError } from './errors.ts';

export type { Logger } from 'pino';
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** syslog priorities, which journald reads as `<N>` before a line (sd-daemon(3)). */
const priorities: Readonly<Record<number, number>> = { 10: 7, 20: 7, 30: 6, 40: 4, 50: 3, 60: 2 };

export interface LogOptions {
  readonly level: LogLevel;
  /** True where journald reads the lines: it wants the priority in front and stamps the time itself. */
  readonly isJournal: boolean;
  /** Takes whole lines; default standard output. */
  readonly write?: (line: string) => void;
}

/**
 * The program's logger: one JSON object per line. Messages are constant, what varies is in the fields, each component has a child logger;
 * errors go into the field `err` with reason, hint and causes. Secrets are never logged; the redaction is a second line of defence.
 */
export function createLogger(program: string, options: LogOptions): Logger {
  const write = options.write ?? ((line: string): boolean => process.stdout.write(line));
  const destination: DestinationStream & { lastLevel: number } = {
    lastLevel: 30,
    write(line: string): void {
      write(options.isJournal ? `<${priorities[this.lastLevel] ?? 6}>${line}` : line);
    },
  };
  // pino then leaves the level of each line in lastLevel
  Object.defineProperty(destination, Symbol.for('pino.metadata'), { value: true });
  return pino(
    {
      level: options.level,
      base: { program },
      timestamp: options.isJournal ? false : pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: describeError },
      redact: ['key', 'token', 'credential', '*.key', '*.token.secret', '*.credential'],
    },
    destination,
  );
}

/** An error as log fields: reason, message, hint, details, and the messages of its causes; the stack only where it is a fault of ours. */
export function describeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: String(error) };
  const causes: string[] = [];
  for (let cause = error.cause; cause instanceof Error && causes.length < 5; cause = cause.cause) causes.push(cause.message);
  const known = error instanceof UvsError ? { reason: error.reason, hint: error.hint, details: error.details } : {};
  const isOurs = !(error instanceof UvsError) || error.reason === 'INTERNAL';
  return { ...known, message: error.message, ...(causes.length > 0 ? { causes } : {}), ...(isOurs ? { stack: error.stack } : {}) };
}
