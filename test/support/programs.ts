import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WITHOUT_RUNNER } from './without-runner.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

export type Program = 'uvs-agent' | 'uvs-coordinator' | 'uvsctl' | 'upd';

export interface Finished {
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Path of a program as it ships; `make build` has made it. */
export function programPath(program: Program): string {
  return join(root, 'dist/uvs/bin', program);
}

/** The environment in which the programs run: the pinned runtime, and none of the caller's own settings. */
export function programEnv(extra: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const { UVS_CREDENTIAL: _, ...inherited } = process.env;
  return { ...inherited, UVS_NODE: process.execPath, ...extra };
}

function withoutRunner(env: Readonly<Record<string, string>> = {}): readonly [string, ...string[]] {
  // what a test has Node load for a purpose of its own stays
  const { NODE_OPTIONS: options } = env;
  return options === undefined ? WITHOUT_RUNNER : ['env', `NODE_OPTIONS=${options}`];
}

/** Runs a program to its end, killed after `deadlineMs`. */
export async function run(
  program: Program,
  args: readonly string[],
  options: {
    readonly deadlineMs?: number;
    readonly input?: string;
    readonly env?: Readonly<Record<string, string>>;
    readonly cwd?: string;
  } = {},
): Promise<Finished> {
  const [file, ...prefix] = withoutRunner(options.env);
  const child = spawn(file, [...prefix, programPath(program), ...args], {
    env: programEnv(options.env),
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    timeout: options.deadlineMs ?? 60_000,
    killSignal: 'SIGKILL',
  });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (data: Buffer) => out.push(data));
  child.stderr.on('data', (data: Buffer) => err.push(data));
  child.stdin.end(options.input ?? '');
  const code = await new Promise<number | undefined>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? undefined));
  });
  return { code, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() };
}

/** The same, and anything but exit code 0 is an error that shows what the program said. */
export async function mustRun(program: Program, args: readonly string[], options: Parameters<typeof run>[2] = {}): Promise<string> {
  const finished = await run(program, args, options);
  if (finished.code !== 0) {
    throw new Error(`${program} ${args.join(' ')} exited ${finished.code ?? 'by a signal'}\n${finished.stderr}${finished.stdout}`);
  }
  return finished.stdout;
}

/** A daemon that writes to a log file; ended by its process id. */
export class Daemon {
  readonly name: string;
  readonly logFile: string;
  readonly #path: string;
  readonly #args: readonly string[];
  readonly #env: Readonly<Record<string, string>>;
  readonly #outlives: boolean;
  #child: ChildProcess | undefined;
  #exit: Promise<number | undefined> = Promise.resolve(undefined);

  /** @param options.path where the program is, if not among those that ship; @param options.outlives whether it may run on after this process; else the kernel ends it when this process dies, however that dies. */
  constructor(
    name: string,
    program: Program,
    args: readonly string[],
    logFile: string,
    options: { readonly env?: Readonly<Record<string, string>>; readonly outlives?: boolean; readonly path?: string } = {},
  ) {
    this.#path = options.path ?? programPath(program);
    this.name = name;
    this.logFile = logFile;
    this.#args = args;
    this.#env = options.env ?? {};
    this.#outlives = options.outlives ?? false;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  get isRunning(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  start(): void {
    const log = openSync(this.logFile, 'a');
    const [file, ...prefix] = withoutRunner(this.#env);
    const args = [...prefix, ...(this.#outlives ? [] : ['setpriv', '--pdeathsig=TERM']), this.#path, ...this.#args];
    const child = spawn(file, args, { env: programEnv(this.#env), stdio: ['ignore', log, log], detached: true });
    closeSync(log);
    this.#child = child;
    this.#exit = new Promise((resolve) => {
      child.once('error', () => resolve(undefined));
      child.once('exit', (code) => resolve(code ?? undefined));
    });
  }

  /** Sends the signal and waits for the end; SIGKILL after `graceMs`. */
  async stop(signal: NodeJS.Signals = 'SIGTERM', graceMs = 15_000): Promise<number | undefined> {
    const child = this.#child;
    if (child === undefined || !this.isRunning) return await this.#exit;
    child.kill(signal);
    const force = setTimeout(() => child.kill('SIGKILL'), graceMs);
    try {
      return await this.#exit;
    } finally {
      clearTimeout(force);
    }
  }

  /** Lets it run on after this process has ended. */
  release(): void {
    this.#child?.unref();
  }

  /** Last lines of its log, for a failure's report. */
  tail(lines = 30): string {
    return readFileSync(this.logFile, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
  }
}
