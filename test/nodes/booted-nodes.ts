import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { builtBase } from './base.ts';
import { BootedNode } from './booted-node.ts';

/** Of the second byte from the end: one for each test bed on this machine. */
const NETWORKS = 250;
/** With its owner's process id behind it. */
const FOLDER = 'uvs-nodes-';
const BRIDGE = 'uvsbr';

/** Booted systemd machines on one network, with this machine as their gateway; dispose it to remove all of them. */
export class BootedNodes implements AsyncDisposable {
  readonly nodes: readonly BootedNode[];
  /** This machine's address for the nodes. */
  readonly gateway: string;
  /** Holds a folder for each node, with what looks after it. */
  readonly directory: string;
  readonly #bridge: string;

  private constructor(nodes: readonly BootedNode[], gateway: string, directory: string, bridge: string) {
    this.nodes = nodes;
    this.gateway = gateway;
    this.directory = directory;
    this.#bridge = bridge;
  }

  /**
   * Boots so many nodes, named node1 and so on unless names are given; 2 to 4 seconds for one to four.
   * @param options.binds folders of this machine that they see read-only under the same path
   */
  static async start(wanted: number | readonly string[], options: { readonly binds?: readonly string[] } = {}): Promise<BootedNodes> {
    const names = typeof wanted === 'number' ? Array.from({ length: wanted }, (_, at) => `node${at + 1}`) : wanted;
    const base = builtBase();
    sweep();
    const directory = mkdtempSync(join(tmpdir(), `${FOLDER}${process.pid}-`));
    const { bridge, network } = makeBridge();
    const addressOf = (at: number): string => `${network}.${11 + at}`;
    const hosts = ['127.0.0.1 localhost', ...names.map((name, at) => `${addressOf(at)} ${name}`), ''].join('\n');
    const nodes = names.map((name, at) =>
      BootedNode.make({
        name,
        address: addressOf(at),
        directory: join(directory, name),
        base,
        hosts,
        binds: options.binds ?? [],
      }),
    );
    const all = new BootedNodes(nodes, `${network}.1`, directory, bridge);
    try {
      for (const [at, node] of nodes.entries()) await plug(node, `${bridge}n${at + 1}`, bridge, all.gateway);
      await Promise.all(nodes.map((node) => node.boot()));
      return all;
    } catch (error) {
      await all[Symbol.asyncDispose]();
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.nodes.map((node) => node[Symbol.asyncDispose]()));
    ip('link', 'del', this.#bridge);
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** Says why no node can be booted here; undefined: it can. */
export function whyNoBootedNodes(): string | undefined {
  if (process.platform !== 'linux') return 'booted nodes need Linux';
  if (process.getuid?.() !== 0) return 'booted nodes need root';
  const folders = (process.env['PATH'] ?? '').split(':');
  const missing = ['systemd-nspawn', 'ip', 'nsenter', 'setpriv', 'unshare', 'tar', 'pgrep', 'flock', 'dpkg-query', 'apt-cache'].filter(
    (name) => !folders.some((folder) => existsSync(`${folder}/${name}`)),
  );
  return missing.length === 0 ? undefined : `missing programs: ${missing.join(', ')}`;
}

/** Removes the folders of test beds whose process was killed; their supervisors have ended the nodes. */
function sweep(): void {
  for (const name of readdirSync(tmpdir())) {
    const owner = name.startsWith(FOLDER) ? /^\d+(?=-)/u.exec(name.slice(FOLDER.length))?.[0] : undefined;
    if (owner !== undefined && !existsSync(`/proc/${owner}`)) rmSync(join(tmpdir(), name), { recursive: true, force: true });
  }
  for (let number = 1; number <= NETWORKS; number++) {
    const owner = ownerOf(`${BRIDGE}${number}`);
    if (owner !== undefined && !existsSync(`/proc/${owner}`)) ip('link', 'del', `${BRIDGE}${number}`);
  }
}

/** The bridge's name is the network's number, so that two test beds can't take the same. */
function makeBridge(): { readonly bridge: string; readonly network: string } {
  for (let at = 0; at < NETWORKS; at++) {
    const number = 1 + ((process.pid + at) % NETWORKS);
    const bridge = `${BRIDGE}${number}`;
    const network = `10.88.${number}`;
    if (ownerOf(bridge) !== undefined) continue;
    try {
      ip('link', 'add', bridge, 'type', 'bridge');
    } catch {
      continue; // another test bed was quicker
    }
    ip('link', 'set', bridge, 'alias', String(process.pid));
    ip('address', 'add', `${network}.1/24`, 'dev', bridge);
    ip('link', 'set', bridge, 'up');
    return { bridge, network };
  }
  throw new Error('there is no network left for another test bed');
}

function ownerOf(bridge: string): string | undefined {
  const file = `/sys/class/net/${bridge}/ifalias`;
  return existsSync(file) ? readFileSync(file, 'utf8').trim() || undefined : undefined;
}

async function plug(node: BootedNode, link: string, bridge: string, gateway: string): Promise<void> {
  await node.hasNamespaces();
  const pid = String(node.pid);
  ip('link', 'add', link, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', pid);
  ip('link', 'set', link, 'master', bridge, 'up');
  const inside = [
    'link set lo up',
    `address add ${node.address}/24 dev eth0`,
    'link set eth0 up',
    `route add default via ${gateway}`,
    '',
  ].join('\n');
  execFileSync('nsenter', ['-t', pid, '-n', 'ip', '-batch', '-'], { input: inside, timeout: 20_000 });
}

function ip(...args: readonly string[]): void {
  execFileSync('ip', args, { timeout: 20_000, stdio: ['ignore', 'ignore', 'pipe'] });
}
