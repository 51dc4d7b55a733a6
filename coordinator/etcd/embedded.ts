import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { UvsError } from '../../common/errors.ts';
import { withoutServiceManager } from '../../common/notify.ts';
import { isHealthy, loadTlsContext, type EtcdTlsFiles } from './embedded-health.ts';
import { findProgram } from './find-program.ts';
import { loopbackPort } from './loopback-port.ts';

export interface EmbeddedEtcdOptions {
  readonly dataDir: string;
  /** On 127.0.0.1; 0 takes a free one. */
  readonly clientPort: number;
  readonly peerPort: number;
  /** Used for serving, for the peers (there are none) and by the health check; the certificate must allow server and client use. */
  readonly tls: EtcdTlsFiles;
  /** DNS name in the certificate. */
  readonly serverName: string;
  readonly startDeadlineMs: number;
}

export interface EmbeddedEtcd extends AsyncDisposable {
  /** https://127.0.0.1:PORT; it stays the same when etcd is started again. */
  readonly endpoint: string;
  /** Process id of the etcd that runs now; undefined between two. */
  pid(): number | undefined;
}

/** Where the programs are looked for. */
export interface EmbeddedEtcdContext {
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>;
  readonly path: string;
}

type EtcdProcess = ChildProcessByStdio<null, null, Readable>;

const STOP_GRACE_MS = 5_000;
const FIRST_BACKOFF_MS = 500;
const LONGEST_BACKOFF_MS = 30_000;
/** After this long alive, the next death starts with the shortest pause again. */
const STEADY_MS = 60_000;
const POLL_MS = 50;
const LINE_CHARACTERS = 2_000;

/**
 * Starts an etcd of one member with mutual TLS on loopback and keeps it running; for evaluation, where no etcd is at hand. Disposing it
 * stops etcd: SIGTERM, a grace time, SIGKILL. It dies with this process where `setpriv` is on the PATH.
 * @throws UvsError PROGRAM_MISSING without an etcd; PORT_IN_USE; CONFIG_INVALID for files it can't use; ETCD_UNAVAILABLE with its last words where it does not get healthy in time.
 */
export async function startEmbeddedEtcd(options: EmbeddedEtcdOptions, context: EmbeddedEtcdContext): Promise<EmbeddedEtcd> {
  const program = await findProgram('etcd', context.path);
  if (program === undefined) {
    throw new UvsError('PROGRAM_MISSING', `there is no program etcd in ${context.path}`, {
      hint: 'Install the package etcd-server, or name the endpoints of a running etcd in the configuration.',
    });
  }
  const clientPort = await loopbackPort(options.clientPort);
  const peerPort = await loopbackPort(options.peerPort);
  await makeFolder(options.dataDir);
  const args = etcdArguments(options, clientPort, peerPort);
  const tls = await loadTlsContext(options.tls);
  const setpriv = await findProgram('setpriv', context.path);
  const argv: readonly [string, ...string[]] =
    setpriv === undefined ? [program, ...args] : [setpriv, '--pdeathsig', 'TERM', '--', program, ...args];
  const endpoint = `https://127.0.0.1:${clientPort}`;
  const supervisor = new EtcdSupervisor(argv, context.log);
  supervisor.start();
  try {
    await awaitHealthy(supervisor, options, (signal) => isHealthy(endpoint, tls, options.serverName, signal));
    return { endpoint, pid: () => supervisor.pid, [Symbol.asyncDispose]: () => supervisor.stop() };
  } catch (error) {
    await supervisor.stop();
    throw error;
  }
}

async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new UvsError('CONFIG_INVALID', `etcd's data folder ${path} cannot be made: ${why}`, { cause });
  }
}

async function awaitHealthy(
  supervisor: EtcdSupervisor,
  options: EmbeddedEtcdOptions,
  ask: (signal: AbortSignal) => Promise<boolean>,
): Promise<void> {
  const deadline = AbortSignal.timeout(options.startDeadlineMs);
  while (!(await ask(deadline))) {
    if (deadline.aborted || supervisor.deaths > 0) {
      const why = supervisor.deaths > 0 ? 'ended right after its start' : `is not healthy after ${options.startDeadlineMs / 1000} s`;
      throw new UvsError('ETCD_UNAVAILABLE', `the embedded etcd ${why}: ${supervisor.lastLine}`, {
        hint: `See whether another etcd uses ${options.dataDir}.`,
      });
    }
    await delay(POLL_MS);
  }
}

function etcdArguments(options: EmbeddedEtcdOptions, clientPort: number, peerPort: number): readonly string[] {
  const client = `https://127.0.0.1:${clientPort}`;
  const peer = `https://127.0.0.1:${peerPort}`;
  const { authority, certificate, key } = options.tls;
  return [
    ['--name', 'embedded', '--data-dir', options.dataDir],
    ['--listen-client-urls', client, '--advertise-client-urls', client],
    ['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer, '--initial-cluster', `embedded=${peer}`],
    ['--client-cert-auth', '--trusted-ca-file', authority, '--cert-file', certificate, '--key-file', key],
    ['--peer-client-cert-auth', '--peer-trusted-ca-file', authority, '--peer-cert-file', certificate, '--peer-key-file', key],
    ['--logger', 'zap', '--log-outputs', 'stderr', '--log-level', 'warn'],
    ['--auto-compaction-mode', 'periodic', '--auto-compaction-retention', '1h'],
  ].flat();
}

/** Keeps one process alive, with a pause that doubles from death to death. */
class EtcdSupervisor {
  readonly #argv: readonly [string, ...string[]];
  readonly #log: EmbeddedEtcdContext['log'];
  readonly #stopping = new AbortController();
  #child: EtcdProcess | undefined;
  #running: Promise<void> = Promise.resolve();
  /** How often it has ended without being asked to. */
  deaths = 0;
  lastLine = '';

  constructor(argv: readonly [string, ...string[]], log: EmbeddedEtcdContext['log']) {
    this.#argv = argv;
    this.#log = log;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  start(): void {
    this.#running = this.#keepRunning();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#child?.kill('SIGTERM');
    const force = setTimeout(() => this.#child?.kill('SIGKILL'), STOP_GRACE_MS);
    await this.#running;
    clearTimeout(force);
  }

  async #keepRunning(): Promise<void> {
    let backoffMs = FIRST_BACKOFF_MS;
    while (!this.#stopping.signal.aborted) {
      const startedMs = performance.now();
      const end = await this.#runOnce();
      if (this.#stopping.signal.aborted) return;
      this.deaths += 1;
      if (performance.now() - startedMs > STEADY_MS) backoffMs = FIRST_BACKOFF_MS;
      this.#log.error({ end, backoffMs, lastLine: this.lastLine }, 'the embedded etcd has ended; it is started again');
      await delay(backoffMs, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
      backoffMs = Math.min(backoffMs * 2, LONGEST_BACKOFF_MS);
    }
  }

  /** Resolves when the process is gone, with how it ended. */
  #runOnce(): Promise<string> {
    const [program, ...args] = this.#argv;
    const { promise, resolve } = Promise.withResolvers<string>();
    // A group of its own: an interrupt at the terminal is for the coordinator, which then stops etcd last.
    const child = spawn(program, args, {
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
      env: withoutServiceManager(process.env), // etcd speaks to systemd too: the coordinator would be ready as soon as it is
    });
    this.#child = child;
    createInterface({ input: child.stderr }).on('line', (line) => {
      this.lastLine = line.slice(0, LINE_CHARACTERS);
      this.#log.info({ line: this.lastLine }, 'etcd said');
    });
    child.on('error', (error) => {
      this.lastLine = error.message;
      resolve(`${program} cannot be run`);
    });
    child.on('exit', (code, signal) => {
      this.#child = undefined;
      resolve(signal === null ? `exit status ${code ?? 'unknown'}` : `killed by ${signal}`);
    });
    return promise;
  }
}
