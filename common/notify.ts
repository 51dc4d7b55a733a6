import { execFile } from 'node:child_process';

/** What a daemon tells its service manager (sd_notify(3)). */
export interface Notifier extends Disposable {
  ready(status: string): void;
  /** One line, shown by `systemctl status`. */
  status(text: string): void;
  stopping(): void;
  /** Resolves once everything said so far has been delivered or given up. */
  flushed(): Promise<void>;
}

export interface NotifyOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly pid: number;
  /** Asked before each sign of life; false lets the watchdog bite. */
  readonly isHealthy: () => boolean;
  readonly onFailure: (error: Error) => void;
}

const SEND_LIMIT_MS = 5_000;

/**
 * Speaks to systemd through the program `systemd-notify`, since Node has no unix datagram sockets; asynchronously, one message after the other.
 * Without NOTIFY_SOCKET it says nothing. Signs of life go at a third of WATCHDOG_USEC. The unit needs NotifyAccess=all, because the sender is a child.
 */
export function createNotifier(options: NotifyOptions): Notifier {
  const { env, pid } = options;
  if (env['NOTIFY_SOCKET'] === undefined || env['NOTIFY_SOCKET'] === '') return silent;
  let queue = Promise.resolve();
  let lastStatus: string | undefined;
  const send = (...assignments: string[]): void => {
    queue = queue.then(() => run(assignments, options.onFailure));
  };
  const watchdogUsec = Number(env['WATCHDOG_USEC'] ?? 0);
  const isForUs = env['WATCHDOG_PID'] === undefined || env['WATCHDOG_PID'] === String(pid);
  let isPinging = false;
  const timer =
    watchdogUsec > 0 && isForUs
      ? setInterval(() => {
          if (isPinging || !options.isHealthy()) return;
          isPinging = true;
          send('WATCHDOG=1');
          queue = queue.finally(() => {
            isPinging = false;
          });
        }, watchdogUsec / 3000)
      : undefined;
  timer?.unref();
  return {
    // no MAINPID: the agent may be the child of its launcher, and systemd would never learn how it ended
    ready: (status) => send('READY=1', `STATUS=${oneLine(status)}`),
    status: (text) => {
      if (text === lastStatus) return;
      lastStatus = text;
      send(`STATUS=${oneLine(text)}`);
    },
    stopping: () => send('STOPPING=1'),
    flushed: () => queue,
    [Symbol.dispose]: () => clearInterval(timer),
  };
}

const silent: Notifier = {
  ready: () => undefined,
  status: () => undefined,
  stopping: () => undefined,
  flushed: () => Promise.resolve(),
  [Symbol.dispose]: () => undefined,
};

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').slice(0, 500);
}

function run(args: readonly string[], onFailure: (error: Error) => void): Promise<void> {
  return new Promise((resolve) => {
    execFile('systemd-notify', args, { timeout: SEND_LIMIT_MS }, (error) => {
      if (error !== null) onFailure(error);
      resolve();
    });
  });
}
