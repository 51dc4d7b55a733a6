import { createHash } from 'node:crypto';
import { chmodSync, cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';
import { agentLayout } from '../../common/agent-layout.ts';
import type { EntrySpec } from '../../common/upd/writer.ts';
import { symlink } from './update-node.ts';

const project = fileURLToPath(new URL('../..', import.meta.url));
export const launcherSource = join(project, 'packaging/launch-agent');

/** Has the agent do at failpoints, and before acts on the disk, what test/support/watched-points.ts says. */
const watchedFailpoints: Plugin = {
  name: 'watched-failpoints',
  setup(build) {
    build.onLoad({ filter: /agent\/failpoints\.ts$/ }, ({ path }) => ({
      loader: 'ts',
      contents: `import { passFailpoint } from ${JSON.stringify(join(project, 'test/support/watched-points.ts'))};
        ${readFileSync(path, 'utf8').replace('pass: () => undefined', 'pass: passFailpoint')}`,
    }));
  },
};

/** Programs of agents in one folder, which versions refer to: each is compiled once, and the releases that bring them are small. */
export class AgentPrograms {
  readonly #folder: string;
  readonly #text: string;

  private constructor(folder: string, text: string) {
    this.#folder = folder;
    this.#text = text;
  }

  /** Bundles the agent as it is in this tree, with failpoints at which it can be made to die. */
  static async make(folder: string): Promise<AgentPrograms> {
    writeFileSync(join(folder, 'package.json'), product('0.2.0'));
    cpSync(join(project, 'proto/uvs'), join(folder, 'proto/uvs'), { recursive: true });
    return new AgentPrograms(folder, readFileSync(await bundleAgent(folder), 'utf8'));
  }

  /** The program itself, to be run from where it is installed. */
  get whole(): string {
    return this.#text;
  }

  /** A program that refers to the agent. */
  good(mark: string): string {
    return this.#refer(join(this.#folder, 'uvs-agent.mjs'), mark);
  }

  /** The same, broken in one place. */
  broken(from: string, to: string): string {
    if (!this.#text.includes(from)) throw new Error(`the bundle has no ${from} any more`);
    const path = join(this.#folder, `broken-${createHash('sha256').update(`${from} ${to}`).digest('hex').slice(0, 12)}.mjs`);
    writeFileSync(path, this.#text.replaceAll(from, to));
    return this.#refer(path, 'broken');
  }

  #refer(path: string, mark: string): string {
    return `import { enableCompileCache } from 'node:module';
enableCompileCache(${JSON.stringify(join(this.#folder, 'compiled'))});
await import(${JSON.stringify(path)}); // ${mark}
`;
  }
}

async function bundleAgent(directory: string): Promise<string> {
  const outfile = join(directory, 'uvs-agent.mjs');
  await build({
    entryPoints: [join(project, 'agent/main.ts')],
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    outfile,
    logLevel: 'error',
    plugins: [watchedFailpoints],
    banner: {
      js: "import { createRequire as __uvsCreateRequire } from 'node:module'; const require = __uvsCreateRequire(import.meta.url);",
    },
  });
  return outfile;
}

/** A version of the agent to put onto a node, or into a release. */
export interface AgentVersion {
  readonly name: string;
  /** The program, as JavaScript. */
  readonly program: string;
  /** What its runtime's `node` is, in place of one that has the tests' own Node do the work. */
  readonly runtime?: string | Uint8Array;
}

/** What stands for a runtime: it has the tests' own Node do the work. */
const testRuntime = `#!/bin/sh\nexec ${process.execPath} "$@"\n`;
const product = (name: string): string =>
  JSON.stringify({ name: 'uvs', version: /^[0-9.]+$/u.test(name) ? name : '0.2.0', type: 'module' });

/** Puts what the .deb does below a root: the launcher, and an agent that it calls its own. Returns the launcher's path. */
export function installPackaged(root: string, agent: AgentVersion): string {
  const base = join(root, 'usr/lib/uvs');
  const directory = join(root, agentLayout.versions, agent.name);
  mkdirSync(join(directory, 'lib'), { recursive: true });
  mkdirSync(join(root, agentLayout.runtimes, agent.name), { recursive: true });
  const launcher = join(base, 'launch-agent');
  cpSync(launcherSource, launcher);
  writeFileSync(join(directory, 'lib/uvs-agent.js'), agent.program);
  writeFileSync(join(directory, 'package.json'), product(agent.name));
  cpSync(join(project, 'proto/uvs'), join(directory, 'proto/uvs'), { recursive: true });
  symlinkSync(`../../runtime/${agent.name}`, join(directory, 'runtime'));
  writeFileSync(join(root, agentLayout.runtimes, agent.name, 'node'), testRuntime);
  chmodSync(join(root, agentLayout.runtimes, agent.name, 'node'), 0o755);
  symlinkSync(agent.name, join(root, agentLayout.packaged));
  return launcher;
}

/** Lays the tree of a release that brings an agent out on the disk, as `make agent-tree` does. */
export function layAgentTree(tree: string, { name, program, runtime = testRuntime }: AgentVersion): void {
  const directory = join(tree, agentLayout.versions, name);
  const runtimes = join(tree, agentLayout.runtimes, `r-${name}`);
  mkdirSync(join(directory, 'lib'), { recursive: true });
  mkdirSync(runtimes, { recursive: true });
  writeFileSync(join(directory, 'lib/uvs-agent.js'), program);
  writeFileSync(join(directory, 'package.json'), product(name));
  cpSync(join(project, 'proto/uvs'), join(directory, 'proto/uvs'), { recursive: true });
  symlinkSync(`../../runtime/r-${name}`, join(directory, 'runtime'));
  writeFileSync(join(runtimes, 'node'), runtime);
  chmodSync(join(runtimes, 'node'), 0o755);
  symlinkSync(name, join(tree, agentLayout.pointer));
}

/** The entries of a release that brings an agent and moves the pointer to it. */
export function bringsAgent({ name, program, runtime = testRuntime }: AgentVersion): readonly EntrySpec[] {
  const directory = `${agentLayout.versions}/${name}`;
  const file = (path: string, bytes: string | Uint8Array, mode: number): EntrySpec => ({
    path,
    op: 'put',
    type: 'file',
    mode,
    uid: 0,
    gid: 0,
    xattrs: {},
    config: 'replace',
    linkGroup: 0,
    origin: { bytes: Buffer.from(bytes) },
  });
  const protos = ['access', 'cluster', 'common', 'node', 'operation', 'package', 'rollout', 'slot'].map((one) => `uvs/v1/${one}.proto`);
  return [
    file(`${directory}/lib/uvs-agent.js`, program, 0o644),
    file(`${directory}/package.json`, product(name), 0o644),
    ...[...protos, 'uvs/agent/v1/agent.proto'].map((path) =>
      file(`${directory}/proto/${path}`, readFileSync(join(project, 'proto', path), 'utf8'), 0o644),
    ),
    symlink(`${directory}/runtime`, `../../runtime/r-${name}`),
    file(`${agentLayout.runtimes}/r-${name}/node`, runtime, 0o755),
    symlink(agentLayout.pointer, name),
  ];
}
