import { execFile } from 'node:child_process';

/** What a daemon tells its service manager (sd_notify(3)). */
export interface Notifier extends Disposable {
  ready(status: string): void;
  /** One line, shown by `systemctl status`. */
  status(text: string): void;
  stopping(): void;
  /** It reads its configuration again; `ready` ends that. */
  reloading(): void;
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

/** The environment of a child that must not speak for the daemon. */
export function withoutServiceManager(env: NotifyOptions['env']): NotifyOptions['env'] {
  const { NOTIFY_SOCKET: _socket, WATCHDOG_PID: _pid, WATCHDOG_USEC: _usec, ...rest } = env;
  return rest;
}

/** How long systemd waits for a sign of life from this process; undefined: it does not. */
export function watchdogMs(env: NotifyOptions['env'], pid: number): number | undefined {
  const usec = Number(env['WATCHDOG_USEC'] ?? 0);
  const isForUs = env['WATCHDOG_PID'] === undefined || env['WATCHDOG_PID'] === String(pid);
  return usec > 0 && isForUs ? usec / 1000 : undefined;
}

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
  const limitMs = watchdogMs(env, pid);
  let isPinging = false;
  const timer =
    limitMs !== undefined
      ? setInterval(() => {
          if (isPinging || !options.isHealthy()) return;
          isPinging = true;
          send('WATCHDOG=1');
          queue = queue.finally(() => {
            isPinging = false;
          });
        }, limitMs / 3)
      : undefined;
  timer?.unref();
  return {
    // no MAINPID: the agent may be the child of its launcher, and systemd would never learn how it ended
    ready: (status) => {
      lastStatus = status;
      send('READY=1', `STATUS=${oneLine(status)}`);
    },
    status: (text) => {
      if (text === lastStatus) return;
      lastStatus = text;
      send(`STATUS=${oneLine(text)}`);
    },
    stopping: () => send('STOPPING=1'),
    reloading: () => send('RELOADING=1'),
    flushed: () => queue,
    [Symbol.dispose]: () => clearInterval(timer),
  };
}

const silent: Notifier = {
  ready: () => undefined,
  status: () => undefined,
  stopping: () => undefined,
  reloading: () => undefined,
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
