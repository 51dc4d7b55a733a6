import { fileURLToPath } from 'node:url';
import type { TaskSpec } from '../../common/upd/writer.ts';
import { programPath } from '../support/programs.ts';
import { file, TestNode } from '../support/update-node.ts';
import type { Finished, NodeShell } from './node-shell.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const AGENT_MS = 120_000;

/** What a node must see of this tree to run the agent from it. */
export const agentBinds = [`${root}dist`, `${root}node_modules/node-linux-${process.arch}`];
const runtime = `${root}node_modules/node-linux-${process.arch}/bin/node`;
export const agentEnv = { UVS_NODE: runtime };

/** A booted node that takes releases from its own console. */
export class UpdatedNode implements Disposable {
  readonly node: NodeShell;
  readonly agent: readonly string[] = [programPath('uvs-agent')];
  readonly env = agentEnv;
  readonly #packages = new TestNode();
  #seq = 0;

  constructor(node: NodeShell) {
    this.node = node;
  }

  /** Lets it trust the releases that are built here. */
  async prepare(config: string): Promise<void> {
    await this.node.copyIn(this.#packages.rootFile, '/root');
    await this.node.write('/etc/uvs/agent.toml', config);
  }

  /** Brings a release with these tasks and one file, /opt/release, onto it. Returns what the agent said and the operation's output. */
  async apply(tasks: readonly TaskSpec[]): Promise<{ readonly finished: Finished; readonly output: string; readonly release: string }> {
    const command = await this.#command(tasks);
    const finished = await this.node.exec(command, { env: this.env, deadlineMs: AGENT_MS });
    return { finished, ...(await this.state()) };
  }

  /** The same in a service of its own, `agent.service`, to be killed. Returns once the file is there that a task makes. */
  async applyUntil(tasks: readonly TaskSpec[], path: string): Promise<void> {
    const command = await this.#command(tasks);
    await this.node.must(['systemd-run', '--quiet', '--collect', '--unit=agent', `--setenv=UVS_NODE=${runtime}`, '--', ...command]);
    await this.node.sh(`until [ -e ${path} ]; do sleep 0.05; done`);
  }

  async killAgent(): Promise<void> {
    await this.node.sh('systemctl kill --signal=SIGKILL agent; while systemctl is-active --quiet agent; do sleep 0.05; done');
  }

  async recover(): Promise<{ readonly finished: Finished; readonly output: string; readonly release: string }> {
    const finished = await this.node.exec([...this.agent, 'recover'], { env: this.env, deadlineMs: AGENT_MS });
    return { finished, ...(await this.state()) };
  }

  /** Of the latest operation, and what the file of the releases says: the last one that is installed. */
  async state(): Promise<{ readonly output: string; readonly release: string }> {
    const output = await this.node.sh('cat "$(ls /var/lib/uvs-agent/output/*.log | tail -n 1)"');
    return { output, release: await this.node.sh('cat /opt/release 2>/dev/null || echo none') };
  }

  /** Releases are numbered from one. */
  get latest(): string {
    return `release ${this.#seq}`;
  }

  async #command(tasks: readonly TaskSpec[]): Promise<readonly string[]> {
    this.#seq += 1;
    const name = `release-${this.#seq}`;
    await this.#packages.build(name, { seq: this.#seq, files: [file('opt/release', `release ${this.#seq}\n`)], tasks });
    await this.node.copyIn(this.#packages.packagePath(name), '/root');
    return [...this.agent, 'apply', `/root/${name}.upd`, '--no-slot', '--reason', 'a test', '--root-file', '/root/root.json'];
  }

  [Symbol.dispose](): void {
    this.#packages[Symbol.dispose]();
  }
}
