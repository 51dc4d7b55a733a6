import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { recover } from '../../agent/commands/recover.ts';
import type { FailpointName } from '../../agent/failpoints.ts';
import { install } from '../support/install.ts';
import { rollBack } from '../support/roll-back.ts';
import { runOperation } from '../support/run-operation.ts';
import { TestNode } from '../support/update-node.ts';
import { onDiskAct } from '../../common/disk-act.ts';
import { buildCutScenes, type CutScene } from './cut-scenes.ts';
import { DiskImage, type FileSystem } from './disk-image.ts';
import { expectedSide } from './expected-side.ts';
import { managedTree } from './managed-tree.ts';
import { fastFolder } from './node-copies.ts';
import { PointNames } from './point-names.ts';
import { bothSides, judgeRoot, type Tally } from './verdicts.ts';

/** Whether the file system writes names down at each point by itself, or only when it is told to sync. */
export type Writeback = 'only-synced' | 'names-at-once';

export interface PowerCuts {
  readonly fileSystem: FileSystem;
  /** Directories of the root that have a disk of their own. */
  readonly mounts: readonly string[];
  readonly writeback: Writeback;
  /** The power is cut at every so many points, from which on. */
  readonly step: number;
  readonly from?: number;
  /** Cuts the power at every so many points of each recovery as well, and recovers from that. */
  readonly again?: number;
}

/** What every disk of a node held at one moment. */
interface Cut {
  readonly point: string;
  readonly disks: readonly DiskImage[];
}

/** The disks of one node, mounted at its root and below. */
class Disks implements Disposable {
  readonly #root: string;
  readonly #mounts: readonly string[];
  #images: readonly DiskImage[];

  constructor(root: string, mounts: readonly string[], images: readonly DiskImage[]) {
    this.#root = root;
    this.#mounts = ['', ...mounts];
    this.#images = images;
  }

  mount(): void {
    for (const [index, image] of this.#images.entries()) {
      const at = join(this.#root, this.#mounts[index] ?? '');
      mkdirSync(at, { recursive: true });
      image.mount(at);
    }
  }

  unmount(): void {
    for (const image of this.#images.toReversed()) image.unmount();
  }

  /** All at the same moment: nothing else of this process runs meanwhile. */
  copy(name: string): readonly DiskImage[] {
    return this.#images.map((image) => image.copy(`${image.path}.${name}`));
  }

  /** One disk after the other does so, so that with several each is ahead of the others now and then. */
  commitNames(turn: number): void {
    this.#images[turn % this.#images.length]?.commitNames();
  }

  [Symbol.dispose](): void {
    this.unmount();
    for (const image of this.#images) image[Symbol.dispose]();
  }
}

/**
 * Cuts the power of a node at the points of one run of the agent: copies what its disks hold at each, and afterwards mounts each copy, recovers, compares.
 */
export async function cutPower(scene: CutScene, how: PowerCuts, tally: Tally): Promise<void> {
  using node = new TestNode(fastFolder());
  rmSync(node.root, { recursive: true });
  mkdirSync(node.root);
  const { mounts } = how;
  const images = ['root.img', ...mounts.map((_mount, index) => `mount-${index}.img`)];
  using disks = new Disks(
    node.root,
    mounts,
    images.map((name) => DiskImage.make(how.fileSystem, join(node.directory, name))),
  );
  disks.mount();
  for (const directory of ['var/log', 'var/lib']) mkdirSync(join(node.root, directory), { recursive: true });
  await buildCutScenes(node);
  if (scene.way === 'rollback') await install(node, scene.package);
  execFileSync('sync', ['-f', node.root]);
  const before = managedTree(node.root);
  const { cuts, points } = await runAndCut(node, scene, how, disks);
  const sides = bothSides(scene, before, managedTree(node.root));
  disks.unmount();
  for (const cut of cuts) {
    using copies = new Disks(node.root, mounts, cut.disks);
    const where = `${how.fileSystem}${mounts.map((mount) => ` and ${mount}`).join('')}, ${how.writeback}, ${scene.name}, ${cut.point}`;
    copies.mount();
    const seconds = await recoverAndCut(node, how, copies);
    const { side, complaints } = await judgeRoot(node.root, sides);
    tally.add(where, side, complaints, expectedSide(scene, points, cut.point));
    copies.unmount();
    for (const second of seconds) {
      using again = new Disks(node.root, mounts, second.disks);
      again.mount();
      await recover(node.console());
      const judged = await judgeRoot(node.root, sides);
      // the second cut may not turn the direction
      tally.add(`${where}, and its recovery at ${second.point}`, judged.side, judged.complaints, side);
    }
  }
}

/** Recovers to the end, and copies what the disks hold at points on the way. */
async function recoverAndCut(node: TestNode, how: PowerCuts, disks: Disks): Promise<readonly Cut[]> {
  const { again: step } = how;
  const cuts: Cut[] = [];
  let passed = 0;
  const names = new PointNames(node.root);
  using _ = onDiskAct((act) => {
    const point = names.act(act);
    if (step === undefined) return;
    if (how.writeback === 'names-at-once') disks.commitNames(passed);
    if (passed % step === 0) cuts.push({ point, disks: disks.copy(`again-${passed}`) });
    passed += 1;
  });
  await recover(node.console());
  return cuts;
}

async function runAndCut(
  node: TestNode,
  scene: CutScene,
  how: PowerCuts,
  disks: Disks,
): Promise<{ readonly cuts: readonly Cut[]; readonly points: readonly string[] }> {
  const names = new PointNames(node.root);
  const cuts: Cut[] = [];
  const points: string[] = [];
  const pass = (point: string): void => {
    if (how.writeback === 'names-at-once') disks.commitNames(points.length);
    if (points.length % how.step === (how.from ?? 0)) cuts.push({ point, disks: disks.copy(`cut-${points.length}`) });
    points.push(point);
  };
  using _ = onDiskAct((act) => pass(names.act(act)));
  const ports = { failpoints: { pass: (name: FailpointName) => pass(names.failpoint(name)) } };
  const ended = await (scene.way === 'rollback' ? rollBack(node, ports) : runOperation(node, scene.package, ports));
  const isAsWanted = scene.way === 'rollback' ? ended.outcome === 'done' : (ended.outcome === 'installed') === scene.endsNew;
  if (!isAsWanted) throw new Error(`${scene.name} ended: ${ended.message}`);
  pass('the end');
  return { cuts, points };
}
