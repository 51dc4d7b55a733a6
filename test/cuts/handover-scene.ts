import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readStatus } from '../../agent/commands/status.ts';
import { AgentPrograms } from '../support/agent-versions.ts';
import { handoverFiles, launch, LaunchedNode, runningAgent, type Watch } from '../support/launched-node.ts';
import { directory, file, remove, symlink, task } from '../support/update-node.ts';
import { tellingLauncher } from './launcher-points.ts';
import { managedTree } from './managed-tree.ts';
import { fastFolder, type RootCopy } from './node-copies.ts';
import { judgeRoot, type BothSides, type Side } from './verdicts.ts';

/** A release that brings another agent, and whether that one brings it to a good end. */
export interface HandoverScene {
  readonly name: string;
  readonly package: string;
  readonly endsNew: boolean;
}

export const handoverScenes: readonly HandoverScene[] = [
  { name: 'self-updating', package: 'two', endsNew: true },
  { name: 'self-updating and failing', package: 'bad', endsNew: false },
];

/** A node in a sandbox with a launcher, an agent and a release that brought it, from where the next one brings another agent. */
export class HandoverNode implements Disposable {
  readonly node: LaunchedNode;
  readonly #template: string;
  #copies = 0;

  private constructor(node: LaunchedNode, template: string) {
    this.node = node;
    this.#template = template;
  }

  static async prepare(): Promise<HandoverNode> {
    const node = new LaunchedNode({ name: 'deb-1', program: 'throw new Error("no agent is packaged yet")' }, 20, fastFolder());
    const programs = await AgentPrograms.make(node.directory);
    writeFileSync(join(node.root, 'usr/lib/uvs/agent/deb-1/lib/uvs-agent.js'), programs.good('packaged'));
    writeFileSync(node.launcher, tellingLauncher(readFileSync(node.launcher, 'utf8')));
    await node.buildWithAgent(
      'one',
      { name: '0.2.1', program: programs.good('one') },
      {
        seq: 1,
        files: [directory('opt/lib'), file('opt/lib/gone', 'gone in two'), file('opt/lib/kept', 'one'), symlink('opt/now', 'lib/gone')],
      },
    );
    const two = { name: '0.2.2', program: programs.good('two') };
    const files = [remove('opt/lib/gone'), file('opt/lib/kept', 'two', { mode: 0o755 }), symlink('opt/now', 'lib/kept')];
    // on a full disk it would fail by itself, as in cut-scenes.ts
    const tell = 'echo "$UVS_VERSION" >> "$UVS_ROOT/var/log/tasks" || true';
    await node.buildWithAgent('two', two, { seq: 2, files, tasks: [task('post', 'tell', tell), task('cleanup', 'tidy', tell)] });
    await node.buildWithAgent('bad', two, { seq: 2, files, tasks: [task('post', 'fail', `${tell}; exit 3`)] });
    const { code, output } = await node.apply('one');
    if (code !== 0) throw new Error(`the first release did not come: ${output}`);
    const template = join(node.directory, 'template');
    execFileSync('cp', ['-a', node.root, template]);
    return new HandoverNode(node, template);
  }

  copy(): RootCopy {
    this.#copies += 1;
    const path = join(this.node.directory, `root-${this.#copies}`);
    execFileSync('cp', ['-a', this.#template, path]);
    return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
  }

  /** Puts what a copy has into a directory that is there. */
  copyInto(directory: string): void {
    execFileSync('cp', ['-a', `${this.#template}/.`, directory]);
  }

  /** Lets both agents do it all. @throws where it came to another end than the scene says */
  async run(root: string, scene: HandoverScene, watch: Watch): Promise<BothSides> {
    const old = managedTree(root);
    const { code, output } = await this.node.apply(scene.package, { root, watch });
    if ((code === 0) !== scene.endsNew) throw new Error(`${scene.name} ended with status ${code}: ${output}`);
    const sides = { old, new: managedTree(root) };
    const { side, complaints } = await this.judge(root, sides);
    if (complaints.length > 0 || (side === 'new') !== scene.endsNew) throw new Error(`${scene.name}: ${complaints.join(', ')}`);
    return sides;
  }

  /** Brings a root up as systemd does: its files first where the machine was off, then the agent, which is started again as long as it asks for that. */
  async boot(root: string, wasOff: boolean, watch?: Watch): Promise<void> {
    const options = watch === undefined ? {} : { watch };
    if (wasOff) await launch(root, ['recover', '--files-only'], options);
    for (let starts = 0; starts < 4; starts += 1) {
      const { code } = await launch(root, ['take-over'], options);
      if (code !== START_AGAIN) break;
    }
    // what had not begun is given up by a console alone; a daemon would go on with it once it has its slot
    const { operations } = await readStatus({ root, statePath: join(root, 'var/lib/uvs-agent') });
    if (operations.length > 0) await launch(root, ['recover'], options);
  }

  async judge(root: string, sides: BothSides): Promise<{ readonly side: Side; readonly complaints: readonly string[] }> {
    const { side, complaints } = await judgeRoot(root, sides);
    const agent = runningAgent(root);
    // room for the launcher's count, taken for a handover that did not come to be; the next one takes it anew
    const left = handoverFiles(root).filter((line) => !line.startsWith('handover.starts '));
    return {
      side,
      complaints: [
        ...complaints,
        ...(side !== 'mixed' && agent !== (side === 'new' ? '0.2.2' : '0.2.1') ? [`it is ${side}, and agent ${agent} runs`] : []),
        ...left.map((line) => `of the handover is left: ${line}`),
      ],
    };
  }

  [Symbol.dispose](): void {
    this.node[Symbol.dispose]();
  }
}

/** The status by which an agent has systemd start it again (systemd/uvs-agent.service). */
const START_AGAIN = 75;
