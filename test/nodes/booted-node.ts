import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  copyFileSync,
  createWriteStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually } from '../support/eventually.ts';
import { NodeShell, type ExecOptions, type Finished } from './node-shell.ts';

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
/** The namespaces of a node that whoever enters it joins, for nsenter(1). */
export const NAMESPACES = ['-m', '-u', '-i', '-n', '-p', '-C', '-r', '-w'];
/** All that nspawn does not leave its payload: a process that enters from outside would keep them, the machine's clock among them. */
export const NOT_IN_A_NODE =
  '-sys_time,-sys_module,-sys_rawio,-syslog,-ipc_lock,-wake_alarm,-block_suspend,-mac_override,-mac_admin,-perfmon,-bpf,-checkpoint_restore,-sys_pacct,-audit_read';
const BOOT_MS = 60_000;

/** A machine with a systemd of its own: an overlay on the shared base, own process ids, own network. */
export class BootedNode extends NodeShell implements AsyncDisposable {
  readonly name: string;
  readonly address: string;
  readonly #directory: string;
  readonly #supervisor: ChildProcess;

  private constructor(name: string, address: string, directory: string, supervisor: ChildProcess) {
    super();
    this.name = name;
    this.address = address;
    this.#directory = directory;
    this.#supervisor = supervisor;
  }

  /**
   * Makes the node, which is not booted yet.
   * @param binds folders of this machine that the node sees read-only under the same path
   */
  static make(parts: {
    readonly name: string;
    readonly address: string;
    readonly directory: string;
    readonly base: string;
    readonly hosts: string;
    readonly binds: readonly string[];
  }): BootedNode {
    const { name, address, directory, base, hosts, binds } = parts;
    const upper = join(directory, 'upper');
    mkdirSync(join(upper, 'usr/local/sbin'), { recursive: true });
    mkdirSync(join(upper, 'etc'), { recursive: true });
    copyFileSync(here('init-node'), join(upper, 'usr/local/sbin/init-node'));
    chmodSync(join(upper, 'usr/local/sbin/init-node'), 0o755);
    writeFileSync(join(upper, 'etc/hostname'), `${name}\n`);
    writeFileSync(join(upper, 'etc/hosts'), hosts);
    const run = [here('run-node.sh'), name, directory, base, ...binds.map((path) => `--bind-ro=${path}`)];
    const supervisor = spawn('unshare', ['--mount', '--net', ...run], { stdio: ['pipe', 'pipe', 'pipe'], detached: true });
    const log = createWriteStream(join(directory, 'console.log'), { flags: 'a' });
    supervisor.stdout.pipe(log, { end: false });
    supervisor.stderr.pipe(log, { end: false });
    return new BootedNode(name, address, directory, supervisor);
  }

  /** Process that holds the node's network namespace. */
  get pid(): number {
    const { pid } = this.#supervisor;
    if (pid === undefined) throw new Error(`node ${this.name} could not be started`);
    return pid;
  }

  /** Resolves once it has left this machine's network namespace. */
  async hasNamespaces(): Promise<void> {
    const ours = readlinkSync('/proc/self/ns/net');
    await eventually(`node ${this.name} has a network of its own`, () => readlinkSync(`/proc/${this.pid}/ns/net`) !== ours);
  }

  /** Boots it; resolves when systemd has nothing left to start. A node that runs is left as it is. */
  async boot(): Promise<void> {
    if (this.#leader() === undefined) this.#supervisor.stdin?.write('boot\n');
    await this.#running();
  }

  /** Kills all of it at once. What it wrote is kept, synced or not: this machine's page cache is its disk. */
  async crash(): Promise<void> {
    const leader = this.#leader();
    if (leader === undefined) return;
    process.kill(leader, 'SIGKILL');
    await eventually(`node ${this.name} is down`, () => !existsSync(join(this.#directory, 'nspawn')));
  }

  /** In order, by systemd itself. */
  async reboot(): Promise<void> {
    const before = this.#leader();
    await this.exec(['systemctl', 'reboot']);
    await eventually(`node ${this.name} has gone down`, () => this.#leader() !== before, BOOT_MS);
    await this.#running();
  }

  /** Runs a program there as root, outside of any service; killed at the deadline. */
  override async exec(command: readonly string[], options: ExecOptions = {}): Promise<Finished> {
    const leader = this.#leader();
    if (leader === undefined) throw new Error(`node ${this.name} does not run`);
    const env = Object.entries(options.env ?? {}).map(([name, value]) => `${name}=${value}`);
    const enter = ['-t', String(leader), ...NAMESPACES];
    const limit = ['setpriv', `--bounding-set=${NOT_IN_A_NODE}`, '--inh-caps=-all'];
    const clean = ['env', '-i', 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin', 'HOME=/root', 'LANG=C.UTF-8', ...env];
    const deadlineMs = options.deadlineMs ?? 60_000;
    // killed from within as well: who kills nsenter leaves what it has started
    const bounded = ['timeout', '--signal=KILL', String(deadlineMs / 1000)];
    const child = spawn('nsenter', [...enter, ...limit, ...clean, ...bounded, ...command], {
      stdio: ['pipe', 'pipe', 'pipe'],
      timeout: deadlineMs + 5_000,
      killSignal: 'SIGKILL',
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (data: Buffer) => out.push(data));
    child.stderr.on('data', (data: Buffer) => err.push(data));
    child.stdin.on('error', () => undefined); // it may end without having read all
    child.stdin.end(options.input ?? '');
    await once(child, 'close');
    return { code: child.exitCode ?? undefined, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() };
  }

  /** What systemd said at its console, for a failure's report. */
  console(): string {
    return readFileSync(join(this.#directory, 'console.log'), 'utf8');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#supervisor, 'close');
    this.#supervisor.stdin?.end();
    if (this.#supervisor.exitCode === null && this.#supervisor.signalCode === null) await ended;
  }

  async #running(): Promise<void> {
    await eventually(
      `node ${this.name} has booted`,
      async () => {
        if (this.#leader() === undefined) return false;
        const { stdout } = await this.exec(['systemctl', 'is-system-running'], { deadlineMs: 10_000 });
        return stdout === 'running\n' || stdout === 'degraded\n';
      },
      BOOT_MS,
    ).catch((cause: unknown) => {
      throw new Error(`node ${this.name} does not boot:\n${this.console()}`, { cause });
    });
  }

  /** The node's first process: of nspawn's children the one that is process 1 in there. */
  #leader(): number | undefined {
    const file = join(this.#directory, 'nspawn');
    if (!existsSync(file)) return undefined;
    const nspawn = readFileSync(file, 'utf8').trim();
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/u.test(name))) {
      const status = statusOf(pid);
      if (/^PPid:\s+(\d+)$/mu.exec(status)?.[1] !== nspawn || /^State:\s+Z/mu.test(status)) continue;
      if (/^NSpid:.*\s1$/mu.test(status)) return Number(pid);
    }
    return undefined;
  }
}

function statusOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    return '';
  }
}
