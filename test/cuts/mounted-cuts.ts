import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { recover } from '../../agent/commands/recover.ts';
import { MountedNode, type BootFileSystem } from '../support/mounted-node.ts';
import { buildMountedReleases, mountedPrograms } from '../support/mounted-releases.ts';
import { bundleChild, runChild, type TestNode } from '../support/update-node.ts';
import type { Way } from './cut-scenes.ts';
import { expectedSide } from './expected-side.ts';
import { managedTree } from './managed-tree.ts';
import { isUpToTheMoment } from './point-names.ts';
import { judgeRoot, Tally, type BothSides } from './verdicts.ts';

/** The moments between the mounts, which no step may leave out. */
const NAMED = ['originals-linked', 'half-of-files-renamed', 'half-of-removals-done', 'committed', 'committed-and-synced', 'post-recorded'];

/** What cuts of a release over several mounts, and of taking it back, came to. */
export type MountedTallies = Readonly<Record<Way, Tally>>;

/** Kills an agent at every `step`th point of a release over four mounts, and of taking it back, on one node; recovers each time and compares. */
export async function killOverMounts(boot: BootFileSystem, step: number): Promise<MountedTallies> {
  using mounted = MountedNode.make(boot);
  const { node } = mounted;
  await buildMountedReleases(node, boot, mountedPrograms());
  const agent = new Agent(node, await bundleChild(node.directory));
  const old = managedTree(node.root);
  const points = { apply: await agent.trace('apply'), rollback: [] as readonly string[] };
  const sides = { old, new: managedTree(node.root) };
  points.rollback = await agent.trace('rollback');
  const tallies = { apply: new Tally(), rollback: new Tally() };
  for (const way of ['apply', 'rollback'] as const) {
    const there = way === 'apply' ? 'new' : 'old';
    for (const [index, at] of points[way].entries()) {
      if (index % step !== 0 && !NAMED.includes(at)) continue;
      await agent.bringTo(there === 'new' ? 'old' : 'new', sides);
      if (!(await agent.dies(way, at))) {
        tallies[way].missed += 1;
        if (!isUpToTheMoment(at)) tallies[way].complaints.push(`${boot}, ${way}, ${at}: the agent did not pass there`);
        continue;
      }
      await recover(node.console());
      const { side, complaints } = await judgeRoot(node.root, sides);
      const scene = { name: way, package: 'two', way, endsNew: there === 'new', hasSlots: false };
      const expected = expectedSide(scene, points[way], at);
      tallies[way].add(`${boot}, ${way}, ${at}`, side, complaints, expected);
      if (side === 'mixed') return tallies;
    }
  }
  return tallies;
}

/** Agents on one node, each a process. */
class Agent {
  readonly #node: TestNode;
  readonly #program: string;

  constructor(node: TestNode, program: string) {
    this.#node = node;
    this.#program = program;
  }

  async trace(way: Way): Promise<readonly string[]> {
    const trace = join(this.#node.directory, 'points');
    await this.#goes(way, trace);
    const points = readFileSync(trace, 'utf8').trim().split('\n');
    rmSync(trace);
    return points;
  }

  async dies(way: Way, at: string): Promise<boolean> {
    return (await runChild(this.#program, { ...this.#order(way), dieAt: at })).signal === 'SIGKILL';
  }

  /** Brings the release, or takes it back, where the node is not there already. */
  async bringTo(wanted: 'old' | 'new', sides: BothSides): Promise<void> {
    const { side } = await judgeRoot(this.#node.root, sides);
    if (side !== wanted) await this.#goes(wanted === 'new' ? 'apply' : 'rollback');
  }

  async #goes(way: Way, trace?: string): Promise<void> {
    const { code, output } = await runChild(this.#program, { ...this.#order(way), ...(trace === undefined ? {} : { trace }) });
    if (code !== 0) throw new Error(`${way} did not go well: ${output}`);
  }

  #order(command: Way) {
    const { root, rootFile } = this.#node;
    return { command, root, rootFile, file: this.#node.packagePath('two') };
  }
}
