import { readFileSync, rmSync } from 'node:fs';
import { recover } from '../../agent/commands/recover.ts';
import { bundleChild, runChild, type ChildOrder, type TestNode } from '../support/update-node.ts';
import type { CutScene } from './cut-scenes.ts';
import { managedTree } from './managed-tree.ts';
import { NodeCopies } from './node-copies.ts';
import { isUpToTheMoment } from './point-names.ts';
import { bothSides, judgeRoot, Tally, type BothSides, type Side } from './verdicts.ts';

/** A point at which an agent is killed, and one at which the recovery that follows is killed as well. */
export interface Cut {
  readonly at: string;
  readonly again?: string;
  /** Where it has to lead; undefined: either. */
  readonly expected?: Side | undefined;
}

/** What a run that nobody cut passed, and where it began and ended. */
export interface Traced {
  readonly points: readonly string[];
  readonly sides: BothSides;
}

/** Kills real agents at the points of real runs, on copies of one node. */
export class KilledAgent implements Disposable {
  readonly #copies: NodeCopies;
  readonly #program: string;

  private constructor(copies: NodeCopies, program: string) {
    this.#copies = copies;
    this.#program = program;
  }

  static async prepare(): Promise<KilledAgent> {
    const copies = await NodeCopies.prepare();
    return new KilledAgent(copies, await bundleChild(copies.node.directory));
  }

  get node(): TestNode {
    return this.#copies.node;
  }

  /** Lets the agent do it all, and lists the points that it passed. @throws where it came to another end than the scene says */
  async trace(scene: CutScene): Promise<Traced> {
    using root = this.#copies.copy(scene);
    const before = managedTree(root.path);
    const points = await this.#tracedRun({ ...this.#order(root.path, scene), command: scene.way });
    const sides = bothSides(scene, before, managedTree(root.path));
    const { complaints, side } = await judgeRoot(root.path, sides);
    if (complaints.length > 0 || (side === 'new') !== scene.endsNew)
      throw new Error(`${scene.name} ended ${side}: ${complaints.join(', ')}`);
    return { points, sides };
  }

  /** Lists the points of the recovery after a cut, and says which way it goes. */
  async traceRecovery(scene: CutScene, sides: BothSides, at: string): Promise<{ readonly points: readonly string[]; readonly side: Side }> {
    using root = this.#copies.copy(scene);
    await this.#die({ ...this.#order(root.path, scene), command: scene.way, dieAt: at });
    const points = await this.#tracedRun({ ...this.#order(root.path, scene), command: 'recover' });
    return { points, side: (await judgeRoot(root.path, sides)).side };
  }

  /** Kills, recovers, compares; a cut whose point did not come again is counted apart where that can be. */
  async cut(scene: CutScene, sides: BothSides, { at, again, expected }: Cut, tally: Tally): Promise<void> {
    const where = [scene.name, at, ...(again === undefined ? [] : [`recovery at ${again}`])].join(', ');
    using root = this.#copies.copy(scene);
    const order = this.#order(root.path, scene);
    const died =
      (await this.#die({ ...order, command: scene.way, dieAt: at })) &&
      (again === undefined || (await this.#die({ ...order, command: 'recover', dieAt: again })));
    if (!died) {
      tally.missed += 1;
      if (!isUpToTheMoment(again ?? at)) tally.complaints.push(`${where}: the agent did not pass there`);
      return;
    }
    await recover(this.node.console(root.path));
    const { side, complaints } = await judgeRoot(root.path, sides);
    tally.add(where, side, complaints, expected);
  }

  /** Kills and recovers, and shows the root before it is removed. */
  async killAndRecover(scene: CutScene, at: string, look: (root: string) => Promise<void>): Promise<void> {
    using root = this.#copies.copy(scene);
    await this.#die({ ...this.#order(root.path, scene), command: scene.way, dieAt: at });
    await recover(this.node.console(root.path));
    await look(root.path);
  }

  #order(root: string, scene: CutScene): Omit<ChildOrder, 'command'> {
    return {
      root,
      rootFile: this.node.rootFile,
      file: this.node.packagePath(scene.package),
      hasSlots: scene.hasSlots,
      markEveryBytes: 1,
    };
  }

  async #die(order: ChildOrder): Promise<boolean> {
    return (await runChild(this.#program, order)).signal === 'SIGKILL';
  }

  async #tracedRun(order: ChildOrder): Promise<readonly string[]> {
    const trace = `${order.root}.points`;
    const { code, signal, output } = await runChild(this.#program, { ...order, trace });
    if (signal !== null || code === null) throw new Error(`the agent that was to go on ended by ${signal}: ${output}`);
    const points = readFileSync(trace, 'utf8').trim().split('\n');
    rmSync(trace);
    return points;
  }

  [Symbol.dispose](): void {
    this.#copies[Symbol.dispose]();
  }
}
