import pino, { type DestinationStream, type Logger } from 'pino';
import { UvsError } from './errors.ts';

export type { Logger } from 'pino';
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** pino's numbers. */
const levels: Readonly<Record<LogLevel, number>> = { debug: 20, info: 30, warn: 40, error: 50 };

/** syslog priorities, which journald reads as `<N>` before a line (sd-daemon(3)). */
const priorities: Readonly<Record<number, number>> = { 10: 7, 20: 7, 30: 6, 40: 4, 50: 3, 60: 2 };

/** The least important lines that are written: may be changed while the program runs. */
export interface LevelSetting {
  current: LogLevel;
}

export interface LogOptions {
  readonly level: LogLevel | LevelSetting;
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
  // pino's child loggers keep the level that they were made with, so that lines are dropped where all come together
  const setting = typeof options.level === 'string' ? undefined : options.level;
  const write = options.write ?? ((line: string): boolean => process.stdout.write(line));
  const destination: DestinationStream & { lastLevel: number } = {
    lastLevel: 30,
    write(line: string): void {
      if (setting !== undefined && this.lastLevel < levels[setting.current]) return;
      write(options.isJournal ? `<${priorities[this.lastLevel] ?? 6}>${line}` : line);
    },
  };
  // pino then leaves the level of each line in lastLevel
  Object.defineProperty(destination, Symbol.for('pino.metadata'), { value: true });
  return pino(
    {
      level: typeof options.level === 'string' ? options.level : 'debug',
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
