import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { EtcdClient } from '../../coordinator/etcd/client.ts';
import { freePort } from '../../coordinator/free-port.ts';

export interface EtcdMember {
  readonly name: string;
  readonly clientUrl: string;
  readonly pid: number;
  /** Ends the process and waits until it is gone. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Suspends or continues the process. */
  signal(name: 'SIGSTOP' | 'SIGCONT'): void;
}

export interface EtcdForTests extends AsyncDisposable {
  /** DNS names, as production should use. */
  readonly endpoints: readonly string[];
  readonly members: readonly EtcdMember[];
  readonly tls: { readonly authority: string; readonly certificate: string; readonly key: string } | undefined;
  /** A client of all members, closed at the end. */
  client(): EtcdClient;
  /** Saves what it holds now, as its operators do. */
  snapshot(): string;
  /** Puts a snapshot in place of what it holds, as its operators do: stops it, restores, starts it again at the same addresses. */
  restore(snapshot: string): Promise<void>;
  /** Runs etcdctl against it. */
  ctl(...args: readonly string[]): string;
}

export interface EtcdForTestsOptions {
  readonly members?: 1 | 3;
  /** A loopback address for each member, which it advertises too; otherwise it advertises localhost. */
  readonly addresses?: readonly string[];
  /** PEM of an authority and of a certificate that serves for the server and for clients. */
  readonly tls?: { readonly authority: string; readonly certificate: string; readonly key: string };
  /** Name in that certificate, where it is not localhost. */
  readonly serverName?: string;
}

const READY_MS = 15_000;

/** Starts a real etcd on free ports of the loopback, its data in a folder that goes with it. */
export async function startEtcd(options: EtcdForTestsOptions = {}): Promise<EtcdForTests> {
  const size = options.members ?? 1;
  const folder = mkdtempSync(join(tmpdir(), 'uvs-etcd-'));
  const ports = await Promise.all(Array.from({ length: size * 2 }, () => freePort('127.0.0.1')));
  const scheme = options.tls === undefined ? 'http' : 'https';
  const tlsArgs: string[] = [];
  const ctlArgs: string[] = [];
  if (options.tls !== undefined) {
    const files = { authority: join(folder, 'ca.pem'), certificate: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };
    writeFileSync(files.authority, options.tls.authority);
    writeFileSync(files.certificate, options.tls.certificate);
    writeFileSync(files.key, options.tls.key, { mode: 0o600 });
    tlsArgs.push(
      '--client-cert-auth',
      `--trusted-ca-file=${files.authority}`,
      `--cert-file=${files.certificate}`,
      `--key-file=${files.key}`,
    );
    ctlArgs.push(`--cacert=${files.authority}`, `--cert=${files.certificate}`, `--key=${files.key}`);
  }
  const plans = Array.from({ length: size }, (_, index) => ({
    name: `m${index}`,
    clientUrl: `${scheme}://${options.addresses?.[index] ?? 'localhost'}:${ports[index * 2]}`,
    peerUrl: `http://${options.addresses?.[index] ?? '127.0.0.1'}:${ports[index * 2 + 1]}`,
    listenUrl: `${scheme}://${options.addresses?.[index] ?? '127.0.0.1'}:${ports[index * 2]}`,
  }));
  const cluster = plans.map((plan) => `${plan.name}=${plan.peerUrl}`).join(',');
  const start = (plan: (typeof plans)[number], dataDir: string): EtcdMember => {
    // A test that is killed runs no teardown: the kernel ends its etcd.
    const child = spawn(
      'setpriv',
      [
        '--pdeathsig=KILL',
        'etcd',
        `--name=${plan.name}`,
        `--data-dir=${dataDir}`,
        `--listen-client-urls=${plan.listenUrl}`,
        `--advertise-client-urls=${plan.clientUrl}`,
        `--listen-peer-urls=${plan.peerUrl}`,
        `--initial-advertise-peer-urls=${plan.peerUrl}`,
        `--initial-cluster=${cluster}`,
        '--logger=zap',
        '--log-level=error',
        ...tlsArgs,
      ],
      { stdio: 'ignore' },
    );
    return member(plan.name, plan.clientUrl, child);
  };
  const members = plans.map((plan) => start(plan, join(folder, plan.name)));
  const endpoints = plans.map((plan) => plan.clientUrl);
  const clients: EtcdClient[] = [];
  const ctl = (...args: readonly string[]): string =>
    execFileSync('etcdctl', [`--endpoints=${endpoints.join(',')}`, ...ctlArgs, ...args], {
      encoding: 'utf8',
      env: { ...process.env, ETCDCTL_API: '3' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  const client = (): EtcdClient => {
    const made = new EtcdClient({
      endpoints,
      tls: options.tls,
      ...(options.serverName === undefined ? {} : { serverName: options.serverName }),
      monotonicMs: () => performance.now(),
    });
    clients.push(made);
    return made;
  };
  let count = 0;
  const snapshot = (): string => {
    const file = join(folder, `snapshot-${(count += 1)}`);
    ctl('snapshot', 'save', file);
    return file;
  };
  const restore = async (file: string): Promise<void> => {
    await Promise.all(members.map((each) => each.kill()));
    for (const [index, plan] of plans.entries()) {
      const dataDir = join(folder, `${plan.name}-${(count += 1)}`);
      ctl(
        'snapshot',
        'restore',
        file,
        `--name=${plan.name}`,
        `--data-dir=${dataDir}`,
        `--initial-cluster=${cluster}`,
        `--initial-advertise-peer-urls=${plan.peerUrl}`,
      );
      members[index] = start(plan, dataDir);
    }
    await ready(client());
  };
  const stop = async (): Promise<void> => {
    for (const made of clients) made[Symbol.dispose]();
    await Promise.all(members.map((each) => each.kill('SIGKILL')));
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await ready(client());
  } catch (error) {
    await stop();
    throw error;
  }
  return { endpoints, members, tls: options.tls, client, snapshot, restore, ctl, [Symbol.asyncDispose]: stop };
}

function member(name: string, clientUrl: string, child: ChildProcess): EtcdMember {
  const gone = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  return {
    name,
    clientUrl,
    pid: child.pid ?? 0,
    async kill(signal: NodeJS.Signals = 'SIGTERM') {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      await gone;
    },
    signal(which) {
      child.kill(which);
    },
  };
}

async function ready(client: EtcdClient): Promise<void> {
  const untilMs = performance.now() + READY_MS;
  for (;;) {
    try {
      await client.get('/ready');
      return;
    } catch (error) {
      if (performance.now() > untilMs) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
