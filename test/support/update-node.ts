import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { sampleFacts } from './sample-node.ts';
import type { ConsoleNode } from '../../agent/commands/console.ts';
import { generateSigningKey, type SigningKey } from '../../common/upd/keys.ts';
import { encodeRoot } from '../../common/upd/root.ts';
import {
  writePackage,
  type EntrySpec,
  type FileSpec,
  type PackageSpec,
  type TaskSpec,
  type WrittenPackage,
} from '../../common/upd/writer.ts';
import { WITHOUT_LOADER } from './without-runner.ts';

/** Path in a node's root where the sample tasks write; left out of comparisons. */
export const TASK_LOG = 'var/log/tasks';

/** A directory with everything a node needs, and a key to sign packages with; dispose it to remove it. */
export class TestNode implements Disposable {
  readonly directory: string;
  readonly root: string;
  readonly statePath: string;
  readonly rootFile: string;
  readonly key: SigningKey;
  readonly printed: string[] = [];

  constructor(at: string = tmpdir()) {
    this.directory = mkdtempSync(join(at, 'uvs-node-'));
    this.root = join(this.directory, 'root');
    this.statePath = join(this.root, 'var/lib/uvs-agent');
    this.rootFile = join(this.directory, 'root.json');
    this.key = generateSigningKey();
    for (const directory of ['var/log', 'var/lib']) mkdirSync(join(this.root, directory), { recursive: true });
    const keys = [this.key];
    writeFileSync(
      this.rootFile,
      encodeRoot({ format: 1, version: 1, root: { keys, threshold: 1 }, vendor: { keys, threshold: 1, products: ['uvs'] } }),
    );
  }

  /** As the console commands want it. @param root another root than the node's own, with a state directory below it */
  console(root: string = this.root): ConsoleNode {
    return {
      root,
      statePath: join(root, 'var/lib/uvs-agent'),
      rootFile: this.rootFile,
      nodeName: 'node-1',
      hasJoined: false,
      facts: () => Promise.resolve(sampleFacts),
      print: (line) => this.printed.push(line),
    };
  }

  build(
    name: string,
    spec: Partial<PackageSpec> & { readonly seq: number },
    recipients: readonly string[] = [],
    keys: readonly SigningKey[] = [this.key],
    rootChain: Uint8Array = Buffer.alloc(0),
  ): Promise<WrittenPackage> {
    const { seq, ...rest } = spec;
    return writePackage(
      this.packagePath(name),
      {
        product: 'uvs',
        version: `2.14.${seq}`,
        components: { uvs: { epoch: 0, releaseSeq: seq } },
        minAgent: '0.1.0',
        target: { distro: 'debian', distroVersions: ['12'], archs: [], boards: [], roles: [] },
        kind: 'full',
        requires: [],
        files: [],
        tasks: [],
        services: [],
        reboot: false,
        brings: { uvs: `2.14.${seq}` },
        ...rest,
      },
      { keys, recipients, rootChain, level: 1 },
      new AbortController().signal,
    );
  }

  packagePath(name: string): string {
    return join(this.directory, `${name}.upd`);
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

export function file(path: string, content: string | Uint8Array, more: Partial<FileSpec> = {}): FileSpec {
  const origin = { bytes: typeof content === 'string' ? Buffer.from(content) : content };
  return { path, op: 'put', type: 'file', mode: 0o644, uid: 0, gid: 0, xattrs: {}, config: 'replace', linkGroup: 0, origin, ...more };
}

export function directory(path: string, mode = 0o755, xattrs: Readonly<Record<string, string>> = {}): EntrySpec {
  return { path, op: 'put', type: 'directory', mode, uid: 0, gid: 0, xattrs };
}

export function symlink(path: string, link: string): EntrySpec {
  return { path, op: 'put', type: 'symlink', link, mode: 0o777, uid: 0, gid: 0, xattrs: {} };
}

export function remove(path: string): EntrySpec {
  return { path, op: 'remove' };
}

/** A shell script as a task. */
export function task(stage: 'pre' | 'post' | 'cleanup', name: string, script: string, more: Partial<TaskSpec> = {}): TaskSpec {
  const origin = { bytes: Buffer.from(`#!/bin/sh\n${script}\n`) };
  return { stage, name, args: [], timeoutSeconds: 30, idempotent: true, origin, ...more };
}

/** What a child agent is told to do. */
export interface ChildOrder {
  readonly command: 'apply' | 'recover' | 'rollback';
  readonly root: string;
  readonly rootFile: string;
  readonly file?: string;
  /** With `recover`: the operation that an operator accepts. */
  readonly accept?: string;
  /** Where it kills itself with SIGKILL: a failpoint, or an act as test/cuts/point-names.ts names it. */
  readonly dieAt?: string;
  /** File that gets the name of each point as it is passed. */
  readonly trace?: string;
  /** Ask a slot keeper that always says yes, instead of going without a slot. */
  readonly hasSlots?: boolean;
  /** What stands for systemctl(1) there. */
  readonly systemctl?: readonly string[];
  readonly markEveryBytes?: number;
}

/** Bundles the child agent, which starts three times as fast as its sources. Returns the program's path. */
export async function bundleChild(directory: string): Promise<string> {
  const outfile = join(directory, 'agent-child.mjs');
  const entry = fileURLToPath(new URL('agent-child.ts', import.meta.url));
  await build({ entryPoints: [entry], bundle: true, platform: 'node', format: 'esm', outfile, logLevel: 'error' });
  return outfile;
}

/** Runs a real agent process. */
export async function runChild(
  program: string,
  order: ChildOrder,
): Promise<{ readonly code: number | null; readonly signal: string | null; readonly output: string }> {
  const [file, ...prefix] = WITHOUT_LOADER;
  const child = spawn(file, [...prefix, process.execPath, program, JSON.stringify(order)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  await once(child, 'close');
  return { code: child.exitCode, signal: child.signalCode, output };
}
