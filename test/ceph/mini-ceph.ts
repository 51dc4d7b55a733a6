import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as v from 'valibot';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../../coordinator/free-port.ts';
import { configText, type MonitorAddress } from './ceph-conf.ts';

export interface MiniCephOptions {
  /** Empty or absent folder; everything lives below it. */
  readonly directory: string;
  /** Names of daemons by the host that each is to call its own, e.g. { n1: ["mon.a", "osd.0"] }. Hosts with an OSD are CRUSH hosts. */
  readonly hosts: Readonly<Record<string, readonly string[]>>;
  /** Keys that clients shall have: caps as for `ceph auth`, by name. */
  readonly clients?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

const statusAnswer = v.object({
  health: v.object({ status: v.string() }),
  mgrmap: v.object({ available: v.boolean() }),
  pgmap: v.object({ num_pgs: v.number(), pgs_by_state: v.array(v.object({ state_name: v.string(), count: v.number() })) }),
});

const START_MS = 120_000;
const STOP_MS = 20_000;
const COMMAND_MS = 60_000;

/** A key as Ceph has it: type 1 (AES), a time, the length, sixteen bytes. */
function newSecret(): string {
  const header = Buffer.alloc(12);
  header.writeUInt16LE(1, 0);
  header.writeUInt16LE(16, 10);
  return Buffer.concat([header, randomBytes(16)]).toString('base64');
}

const DAEMON_CAPS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  mgr: { mon: 'allow profile mgr', osd: 'allow *', mds: 'allow *' },
  osd: { mon: 'allow profile osd', mgr: 'allow profile osd', osd: 'allow *' },
  mds: { mon: 'allow profile mds', mgr: 'allow profile mds', osd: 'allow rw tag cephfs *=*', mds: 'allow' },
};

/** A small real Ceph on the loopback of this machine: no containers, no systemd, no disks. Its daemons end with this process, however it ends. */
export class MiniCeph implements AsyncDisposable {
  readonly directory: string;
  readonly conf: string;
  readonly #options: MiniCephOptions;
  readonly #hostOf: ReadonlyMap<string, string>;
  readonly #running = new Map<string, ChildProcess>();

  constructor(options: MiniCephOptions) {
    this.#options = options;
    this.directory = options.directory;
    this.conf = join(options.directory, 'ceph.conf');
    this.#hostOf = new Map(Object.entries(options.hosts).flatMap(([host, names]) => names.map((name) => [name, host])));
  }

  get daemons(): readonly string[] {
    return [...this.#hostOf.keys()];
  }

  keyring(name: string): string {
    return join(this.directory, `${name}.keyring`);
  }

  dataOf(name: string): string {
    return join(this.directory, 'data', name);
  }

  of(type: string): readonly string[] {
    return this.daemons.filter((name) => name.startsWith(`${type}.`));
  }

  /** Makes the cluster and returns when all of it is well: pools "data" (size 3) and, where there is an mds, the file system "fs". */
  async start(): Promise<void> {
    for (const folder of ['data', 'log', 'run']) mkdirSync(join(this.directory, folder), { recursive: true });
    const fsid = randomUUID();
    const monitors: MonitorAddress[] = [];
    for (const name of this.of('mon')) monitors.push({ id: idOf(name), v2: await freePort('127.0.0.1'), v1: await freePort('127.0.0.1') });
    writeFileSync(this.conf, configText({ directory: this.directory, fsid, monitors, osds: this.#crushHosts() }));
    this.#writeKeyrings();
    await this.#makeMonitors(fsid, monitors);
    for (const name of this.of('mon')) this.#spawn(name);
    await eventually('the monitors have a quorum', () => this.ceph('quorum_status'), START_MS);
    // else its manager makes a pool of its own, at a moment of its own
    await this.ceph('config', 'set', 'mgr', 'mgr/devicehealth/enable_monitoring', 'false', '--force');
    await this.#makeOsds();
    for (const name of [...this.of('mgr'), ...this.of('osd'), ...this.of('mds')]) this.#spawn(name);
    await this.#makePools();
    await this.untilWell(START_MS);
  }

  /** Runs one command as client.admin. @throws where it fails, with what it said */
  async ceph(...command: readonly string[]): Promise<string> {
    const args = ['--conf', this.conf, '--connect-timeout', '10', ...command];
    const { stdout } = await promisify(execFile)('ceph', args, { timeout: COMMAND_MS, killSignal: 'SIGKILL', maxBuffer: 64 * 1024 * 1024 });
    return stdout;
  }

  isRunning(name: string): boolean {
    const child = this.#running.get(name);
    return child !== undefined && child.exitCode === null && child.signalCode === null;
  }

  /** Of a daemon's process; another one after each start. */
  pidOf(name: string): number | undefined {
    return this.isRunning(name) ? this.#running.get(name)?.pid : undefined;
  }

  /** Ends a daemon and returns when its process is gone. */
  async stop(name: string, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const child = this.#running.get(name);
    if (child === undefined || !this.isRunning(name)) return;
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.kill(signal);
    const force = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    await gone;
    clearTimeout(force);
  }

  /** Has a daemon hang: its process is there, its sockets are open, and it does nothing. Dispose it to wake it up. */
  hang(name: string): Disposable {
    const child = this.#running.get(name);
    child?.kill('SIGSTOP');
    return { [Symbol.dispose]: () => void child?.kill('SIGCONT') };
  }

  /** @param env besides what daemons have anyway */
  startDaemon(name: string, env: Readonly<Record<string, string>> = {}): void {
    if (!this.isRunning(name)) this.#spawn(name, env);
  }

  /** Waits until Ceph has nothing to complain of, and all data is where it should be. */
  async untilWell(deadlineMs = START_MS): Promise<void> {
    let last = '';
    const isWell = async (): Promise<boolean> => {
      last = await this.ceph('--format', 'json', 'status');
      const { health, mgrmap, pgmap } = v.parse(statusAnswer, JSON.parse(last));
      const clean = pgmap.pgs_by_state.filter(({ state_name }) => state_name.startsWith('active+clean'));
      return health.status === 'HEALTH_OK' && mgrmap.available && clean.reduce((sum, { count }) => sum + count, 0) === pgmap.num_pgs;
    };
    await eventually('Ceph is well', isWell, deadlineMs).catch((cause: unknown) => {
      throw new Error(`Ceph did not become well: ${last}`, { cause });
    });
  }

  /** Monitors last, so that the others can still say good-bye. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.daemons.filter((name) => !name.startsWith('mon.')).map((name) => this.stop(name, 'SIGKILL')));
    await Promise.all(this.of('mon').map((name) => this.stop(name, 'SIGKILL')));
  }

  #crushHosts(): readonly { readonly id: string; readonly host: string }[] {
    return this.of('osd').map((name) => ({ id: idOf(name), host: this.#hostOf.get(name) ?? '' }));
  }

  #writeKeyrings(): void {
    const everything = { mon: 'allow *', mgr: 'allow *', osd: 'allow *', mds: 'allow *' };
    const entries: (readonly [string, Readonly<Record<string, string>>])[] = [
      ['mon.', { mon: 'allow *' }],
      ['client.admin', everything],
      ...Object.entries(this.#options.clients ?? {}),
      ...this.daemons.filter((name) => !name.startsWith('mon.')).map((name) => [name, DAEMON_CAPS[typeOf(name)] ?? {}] as const),
    ];
    const texts = entries.map(([name, caps]) => {
      const lines = Object.entries(caps).map(([service, cap]) => `\tcaps ${service} = "${cap.replaceAll('"', String.raw`\"`)}"\n`);
      const text = `[${name}]\n\tkey = ${newSecret()}\n${lines.join('')}`;
      if (this.#hostOf.has(name)) mkdirSync(this.dataOf(name));
      writeFileSync(this.#hostOf.has(name) ? join(this.dataOf(name), 'keyring') : this.keyring(name), text, { mode: 0o600 });
      return text;
    });
    writeFileSync(this.keyring('all'), texts.join(''), { mode: 0o600 });
  }

  /** A monitor's store begins with every key, so that none has to be made later. */
  async #makeMonitors(fsid: string, monitors: readonly MonitorAddress[]): Promise<void> {
    const map = join(this.directory, 'monmap');
    const addresses = monitors.flatMap(({ id, v1, v2 }) => ['--addv', id, `[v2:127.0.0.1:${v2},v1:127.0.0.1:${v1}]`]);
    await promisify(execFile)('monmaptool', ['--create', '--fsid', fsid, ...addresses, map]);
    await Promise.all(
      monitors.map(({ id }) =>
        promisify(execFile)('ceph-mon', ['--conf', this.conf, '--mkfs', '-i', id, '--monmap', map, '--keyring', this.keyring('all')]),
      ),
    );
  }

  async #makeOsds(): Promise<void> {
    await Promise.all(
      this.of('osd').map(async (name) => {
        const uuid = randomUUID();
        await this.ceph('osd', 'new', uuid, idOf(name));
        await promisify(execFile)('ceph-osd', ['--conf', this.conf, '-i', idOf(name), '--mkfs', '--osd-uuid', uuid]);
      }),
    );
  }

  async #makePools(): Promise<void> {
    await this.ceph('osd', 'pool', 'create', 'data', '8');
    // of so few that the autoscaler, where a test has it on, would make more
    await this.ceph('osd', 'pool', 'set', 'data', 'pg_num_min', '8');
    await this.ceph('osd', 'pool', 'application', 'enable', 'data', 'rados');
    if (this.of('mds').length === 0) return;
    await Promise.all(['fs-meta', 'fs-data'].map((pool) => this.ceph('osd', 'pool', 'create', pool, '8')));
    await this.ceph('fs', 'new', 'fs', 'fs-meta', 'fs-data');
  }

  #spawn(name: string, extra: Readonly<Record<string, string>> = {}): void {
    const log = openSync(join(this.directory, 'log', `${name}.out`), 'a');
    const args = ['--pdeathsig=KILL', `ceph-${typeOf(name)}`, '--foreground', '--conf', this.conf, '--id', idOf(name)];
    // in a container a daemon takes its host's name from these
    const env = { PATH: process.env['PATH'], POD_NAME: name, NODE_NAME: this.#hostOf.get(name), PYTHONDONTWRITEBYTECODE: '1', ...extra };
    const child = spawn('setpriv', args, { env, detached: true, stdio: ['ignore', log, log] });
    closeSync(log);
    this.#running.set(name, child);
  }

  /** Last lines of what a daemon said, for a failure's report. */
  tail(name: string, lines = 10): string {
    return readFileSync(join(this.directory, 'log', `${name}.out`), 'utf8')
      .trimEnd()
      .split('\n')
      .slice(-lines)
      .join('\n');
  }
}

function typeOf(name: string): string {
  return name.slice(0, name.indexOf('.'));
}

function idOf(name: string): string {
  return name.slice(name.indexOf('.') + 1);
}
