import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { agentLayout } from '../../common/agent-layout.ts';
import type { PackageSpec } from '../../common/upd/writer.ts';
import { bringsAgent, installPackaged, type AgentVersion } from './agent-versions.ts';
import { snapshot } from './tree-snapshot.ts';
import { file, TestNode } from './update-node.ts';

export interface Launched {
  readonly code: number | undefined;
  readonly output: string;
}

/** What an agent of a test may be made to do: see test/support/agent-versions.ts. */
export interface Death {
  readonly point: string;
  /** Whether all that belongs to it dies with it, as in a power cut; else it dies alone. */
  readonly isPowerCut: boolean;
}

const DEADLINE_MS = 60_000;

/** A node in a sandbox whose agent is started by the launcher, as the .deb installs it. */
export class LaunchedNode extends TestNode {
  readonly launcher: string;

  /** @param seconds how long a new agent has to confirm @param at folder in which all of it is */
  constructor(agent: AgentVersion, seconds = 20, at?: string) {
    super(at);
    this.launcher = installPackaged(this.root, agent);
    mkdirSync(join(this.root, 'etc/uvs'), { recursive: true });
    writeFileSync(join(this.root, 'etc/os-release'), 'ID=debian\nVERSION_ID="12"\n');
    writeFileSync(join(this.root, 'etc/uvs/agent.toml'), `handoverSeconds = ${seconds}\n`);
  }

  /** Builds a release of some files and the agent. */
  buildWithAgent(name: string, agent: AgentVersion, spec: Partial<PackageSpec> & { readonly seq: number }): Promise<unknown> {
    const files = [...bringsAgent(agent), file('opt/app', `of ${name}`), ...(spec.files ?? [])];
    return this.build(name, { ...spec, files });
  }

  /** Runs the launcher below a root that is this node's or a copy of it. */
  launch(args: readonly string[], options: Partial<LaunchOptions> = {}): Promise<Launched> {
    return launch(options.root ?? this.root, args, options);
  }

  apply(name: string, options: Partial<LaunchOptions> = {}): Promise<Launched> {
    return this.launch(['apply', this.packagePath(name), '--no-slot', '--reason', 'a test', '--root-file', this.rootFile], options);
  }
}

interface LaunchOptions {
  readonly root: string;
  readonly death: Death;
  /** File by which the agent knows that it has died. */
  readonly died: string;
  /** What its environment says about where programs are. */
  readonly path: string;
  /** What happens at points. */
  readonly watch: Watch;
}

/** As in test/support/watched-points.ts. */
export interface Watch {
  readonly program: string;
  readonly trace: string;
  readonly step: number;
  readonly from: number;
}

/** Which agent the pointer of a root leads to; `packaged` where there is none. */
export function runningAgent(root: string): string {
  const pointer = join(root, agentLayout.pointer);
  return existsSync(pointer) ? readlinkSync(pointer) : 'packaged';
}

/** What a root's state directory has of a handover that is not over; the launcher's lock stays. */
export function handoverFiles(root: string): readonly string[] {
  return snapshot(join(root, 'var/lib/uvs-agent'), []).filter((line) => line.startsWith('handover.') && !line.startsWith('handover.lock'));
}

/** Runs the launcher of a root to its end. */
export function launch(root: string, args: readonly string[], options: Partial<LaunchOptions> = {}): Promise<Launched> {
  const { death, died, path, watch } = options;
  const dies = death === undefined ? {} : { UVS_TEST_DIE_AT: death.point, UVS_TEST_DIED: died ?? join(root, 'died') };
  const group = death?.isPowerCut === true ? 'export UVS_TEST_GROUP=$$; ' : '';
  // as WITHOUT_LOADER; the shell's process group is what a power cut ends
  const child = spawn('/bin/sh', ['-c', `unset NODE_OPTIONS; ${group}exec "$0" "$@"`, join(root, 'usr/lib/uvs/launch-agent'), ...args], {
    env: {
      ...process.env,
      ...(path === undefined ? {} : { PATH: path }),
      ...dies,
      ...(watch === undefined ? {} : watching(root, watch)),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const limit = setTimeout(() => child.kill('SIGKILL'), DEADLINE_MS);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(limit);
      resolve({ code: code ?? undefined, output });
    });
  });
}

function watching(root: string, { program, trace, step, from }: Watch): Readonly<Record<string, string>> {
  return { UVS_TEST_ROOT: root, UVS_TEST_PASS: program, UVS_TEST_TRACE: trace, UVS_TEST_EVERY: `${step} ${from}` };
}
