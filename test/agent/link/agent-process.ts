import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeNodeIdentity } from '../../../agent/node-identity.ts';
import { statePaths } from '../../../agent/state-paths.ts';
import { writeCredential, type Credential } from '../../../common/credential.ts';
import type { TestNode } from '../../support/update-node.ts';
import { WITHOUT_RUNNER } from '../../support/without-runner.ts';

const program = fileURLToPath(new URL('../../../agent/main.ts', import.meta.url));

/** Makes a test node one that has joined. */
export async function enrol(node: TestNode, uid: string, credential: Credential): Promise<void> {
  const paths = statePaths(node.root);
  await mkdir(paths.directory, { recursive: true, mode: 0o700 });
  await mkdir(join(node.root, 'etc/uvs'), { recursive: true });
  await writeFile(join(node.root, 'etc/os-release'), 'ID=debian\nVERSION_ID="12"\n');
  await copyFile(node.rootFile, paths.packageRoot);
  await writeNodeIdentity(paths.node, { uid, hostname: 'node-1', roles: ['osd'] });
  await writeCredential(paths.credential, credential);
}

/** A real agent process. */
export class AgentProcess implements AsyncDisposable {
  output = '';
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;

  constructor(...args: readonly string[]) {
    const [file, ...prefix] = WITHOUT_RUNNER;
    const child = spawn(file, [...prefix, process.execPath, program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        this.output += chunk.toString();
      });
    }
    this.#child = child;
    this.#closed = once(child, 'close');
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Resolves with the exit code, or the signal's name. */
  async ended(): Promise<number | string | null> {
    await this.#closed;
    return this.#child.exitCode ?? this.#child.signalCode;
  }

  async kill(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | string | null> {
    this.#child.kill(signal);
    return await this.ended();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill('SIGKILL');
  }
}
