import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { programEnv } from '../support/programs.ts';

export interface PartOptions {
  readonly name: string;
  /** Namespace to run in, as nsenter takes it. */
  readonly network: string;
  readonly command: () => readonly [string, ...string[]];
  readonly logFile: string;
  readonly env?: Readonly<Record<string, string>>;
  /** It has ended though nobody ended it; it is started again, as its unit would be. */
  readonly onExit: (code: number | undefined) => void;
}

/** As `RestartSec=` of a unit. */
const RESTART_MS = 1_000;

/** A process of the cluster in a network namespace, which can be killed, stopped and woken. Dies with this process, whatever that dies of. */
export class Part {
  readonly name: string;
  readonly logFile: string;
  readonly #options: PartOptions;
  #child: ChildProcess | undefined;
  #exited: Promise<void> = Promise.resolve();
  /** Whether it should run. */
  #isWanted = false;
  #restart: NodeJS.Timeout | undefined;

  constructor(options: PartOptions) {
    this.name = options.name;
    this.logFile = options.logFile;
    this.#options = options;
  }

  start(): void {
    if (this.#isWanted) return;
    this.#isWanted = true;
    this.#spawn();
  }

  /** SIGKILL, which ends a stopped one too; resolves when it is gone. */
  async kill(): Promise<void> {
    this.#isWanted = false;
    clearTimeout(this.#restart);
    this.#child?.kill('SIGKILL');
    await this.#exited;
  }

  stop(): void {
    this.#child?.kill('SIGSTOP');
  }

  wake(): void {
    this.#child?.kill('SIGCONT');
  }

  #spawn(): void {
    const { network, command, logFile, env, onExit } = this.#options;
    const log = openSync(logFile, 'a');
    // nsenter goes over into the program: the process keeps its id, and its parent's death is still its own
    const child = spawn('setpriv', ['--pdeathsig=KILL', 'nsenter', `--net=${network}`, '--', ...command()], {
      env: programEnv(env),
      stdio: ['pipe', log, log],
      detached: true,
    });
    closeSync(log);
    child.stdin?.on('error', () => undefined);
    this.#child = child;
    this.#exited = new Promise((resolve) => {
      child.once('error', () => resolve());
      child.once('exit', (code) => {
        resolve();
        if (!this.#isWanted || child !== this.#child) return;
        onExit(code ?? undefined);
        this.#restart = setTimeout(() => this.#isWanted && this.#spawn(), RESTART_MS);
      });
    });
  }

  /** Writes a line to its standard input. */
  tell(line: string): void {
    this.#child?.stdin?.write(`${line}\n`);
  }
}
