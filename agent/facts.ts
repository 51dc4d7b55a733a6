import { execFile } from 'node:child_process';
import { readFile, statfs } from 'node:fs/promises';
import { networkInterfaces, release } from 'node:os';
import { join } from 'node:path';
import { cephDaemons } from './ceph-daemons.ts';
import type { InstalledRelease, NodeFacts, WaysBack } from '../common/facts.ts';
import { withoutServiceManager } from '../common/notify.ts';
import type { M2Standing } from '../common/m2-states.ts';

export interface FactsOptions {
  /** The managed root, absolute. "/" is the machine itself; anything else is a sandbox, of which only what lies in it is said. */
  readonly root: string;
  readonly agentVersion: string;
  /** What the agent remembers: releases, and the versions that they said they bring. */
  readonly installed: () => Promise<{
    readonly components: readonly InstalledRelease[];
    readonly versions: Readonly<Record<string, string>>;
  }>;
  /** What the node could go back to. */
  readonly waysBack?: (installed: { readonly components: readonly InstalledRelease[] }) => Promise<WaysBack>;
  /** Why the files are not all those of what is installed, and of which releases; '': nothing is known of such. */
  readonly mixture?: () => Promise<{ readonly sentence: string; readonly releases: readonly string[] }>;
  /** How it stands with the SSD on /m2. */
  readonly m2?: () => Promise<M2Standing>;
}

const CEPH_LIMIT_MS = 10_000;
const architectures: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

/**
 * Tells what the machine is and runs. On "/" the running kernel and the installed Ceph are asked; in a sandbox both are what the installed
 * releases declared (`brings`), because nothing runs there that could be asked. The UVS version is always the installed release's.
 */
export class Facts {
  readonly #options: FactsOptions;
  #ceph: Promise<string> | undefined;

  constructor(options: FactsOptions) {
    this.#options = options;
  }

  /** Asks everything anew, except Ceph's version, which is asked once until `forget`. */
  async gather(): Promise<NodeFacts> {
    const { root, agentVersion } = this.#options;
    const isMachine = root === '/';
    if (isMachine) this.#ceph ??= askCephVersion();
    const [osRelease, board, bootId, disk, installed, ceph, daemons] = await Promise.all([
      readOsRelease(root),
      readBoard(root),
      readBootId(root),
      statfs(root),
      this.#options.installed(),
      this.#ceph,
      cephDaemons(root),
    ]);
    const { versions, components } = installed;
    const waysBack = await this.#options.waysBack?.(installed);
    const m2 = await this.#options.m2?.();
    const mixture = await this.#options.mixture?.();
    return {
      distroId: osRelease.get('ID') ?? '',
      distroVersion: osRelease.get('VERSION_ID') ?? '',
      arch: architectures[process.arch] ?? process.arch,
      board,
      agentVersion,
      uvsVersion: versions['uvs'] ?? components.find(({ component }) => component === 'uvs')?.version ?? '',
      cephVersion: ceph ?? versions['ceph'] ?? '',
      kernelVersion: isMachine ? release() : (versions['kernel'] ?? ''),
      diskFreeBytes: disk.bavail * disk.bsize,
      diskTotalBytes: disk.blocks * disk.bsize,
      bootId,
      installed: components,
      daemons,
      waysBack,
      ...(mixture === undefined || mixture.sentence === '' ? {} : { mixture: mixture.sentence, mixedReleases: mixture.releases }),
      ...(m2 === undefined ? {} : { m2 }),
    };
  }

  /** A release may have changed what was asked once. */
  forget(): void {
    this.#ceph = undefined;
  }
}

/** Addresses under which others may reach the machine, in the order in which its interfaces came; loopback only where there is nothing else. */
export function localAddresses(): readonly string[] {
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  const outside = all.filter(({ internal, address }) => !internal && !address.startsWith('fe80:'));
  const chosen = outside.length > 0 ? outside : all.filter(({ family }) => family === 'IPv4');
  return chosen.map(({ address }) => address);
}

/** Reads os-release(5) of a root; empty where there is none. */
export async function readOsRelease(root: string): Promise<ReadonlyMap<string, string>> {
  for (const path of ['etc/os-release', 'usr/lib/os-release']) {
    const text = await readFile(join(root, path), 'utf8').catch(() => undefined);
    if (text !== undefined) return parseOsRelease(text);
  }
  return new Map();
}

function parseOsRelease(text: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, key, raw] = /^([A-Z0-9_]+)=(.*)$/.exec(line.trim()) ?? [];
    if (key === undefined || raw === undefined) continue;
    const quoted = /^"(.*)"$/.exec(raw)?.[1]?.replaceAll(/\\([\\"$`])/g, '$1') ?? /^'(.*)'$/.exec(raw)?.[1];
    values.set(key, quoted ?? raw);
  }
  return values;
}

const BOOT_ID = 'proc/sys/kernel/random/boot_id';

/** Reads random(4)'s boot_id: of a sandbox its own, if it has one, else the machine's. */
export async function readBootId(root: string): Promise<string> {
  const own = root === '/' ? undefined : await readFile(join(root, BOOT_ID), 'utf8').catch(() => undefined);
  return (own ?? (await readFile(join('/', BOOT_ID), 'utf8'))).trim();
}

/** First entry of the device tree's compatible list, e.g. "raspberrypi,4-model-b"; empty where the machine has none. */
async function readBoard(root: string): Promise<string> {
  const text = await readFile(join(root, 'proc/device-tree/compatible'), 'utf8').catch(() => '');
  return text.split('\0')[0]?.trim() ?? '';
}

function askCephVersion(): Promise<string> {
  return new Promise((resolve) => {
    const env = withoutServiceManager(process.env);
    execFile('ceph', ['--version'], { env, timeout: CEPH_LIMIT_MS, killSignal: 'SIGKILL' }, (error, stdout) => {
      resolve(error === null ? (/^ceph version (\S+)/.exec(stdout)?.[1] ?? '') : '');
    });
  });
}
