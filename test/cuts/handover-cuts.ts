import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DiskImage, type FileSystem } from './disk-image.ts';
import type { Watch } from '../support/launched-node.ts';
import { atHandoverPoints, type Which } from './handover-points.ts';
import type { HandoverNode, HandoverScene } from './handover-scene.ts';
import { managedTree } from './managed-tree.ts';
import type { BothSides, Side, Tally } from './verdicts.ts';

/** What was copied at one point of a run. */
interface Frozen {
  readonly point: string;
  readonly path: string;
  readonly expected: Side | undefined;
}

/**
 * Copies the root at points of one run over both agents and the launcher, which is what is left where all of them are killed there, brings each copy up,
 * and compares. @param again which points of what comes up then are cut as well, none where it is left out
 * @returns all points that were passed
 */
export async function killAtHandover(
  scenes: HandoverNode,
  scene: HandoverScene,
  which: Which,
  tally: Tally,
  again?: Which,
): Promise<readonly string[]> {
  using root = scenes.copy();
  const folder = `${root.path}.frozen`;
  const sides: BothSides[] = [];
  const { points, frozen } = await freeze(scene, folder, which, treeCopy(root.path), async (watch) => {
    sides.push(await scenes.run(root.path, scene, watch));
  });
  const [both] = sides;
  if (both === undefined) throw new Error('nothing ran');
  for (const { point, path, expected } of frozen) {
    if (again === undefined) {
      await scenes.boot(path, false);
      const { side, complaints } = await scenes.judge(path, both);
      tally.add(`${scene.name}, killed at ${point}`, side, complaints, expected);
    } else {
      const { frozen: recoveries } = await freeze(scene, `${path}.again`, again, treeCopy(path), (watch) =>
        scenes.boot(path, false, watch),
      );
      const { side: direction } = await scenes.judge(path, both);
      for (const { point: second, path: copy } of recoveries) {
        await scenes.boot(copy, false);
        const { side, complaints } = await scenes.judge(copy, both);
        tally.add(`${scene.name}, killed at ${point}, and coming up again at ${second}`, side, complaints, expected ?? direction);
      }
      rmSync(`${path}.again`, { recursive: true, force: true });
    }
    rmSync(path, { recursive: true });
  }
  rmSync(folder, { recursive: true });
  return points;
}

/** The same with what had reached the disk, of names everything and of contents what was synced. @param again as of killAtHandover */
export async function cutPowerAtHandover(
  scenes: HandoverNode,
  scene: HandoverScene,
  fileSystem: FileSystem,
  which: Which,
  tally: Tally,
  again?: Which,
): Promise<void> {
  const root = join(scenes.node.directory, 'disk');
  mkdirSync(root, { recursive: true });
  const folder = `${root}.frozen`;
  using disk = DiskImage.make(fileSystem, join(scenes.node.directory, 'disk.img'));
  disk.mount(root);
  scenes.copyInto(root);
  execFileSync('sync', ['-f', root]);
  const old = managedTree(root);
  const { frozen } = await freeze(scene, folder, which, disk.copyScript(), async (watch) => {
    await scenes.run(root, scene, watch);
  });
  const sides = { old, new: managedTree(root) };
  disk.unmount();
  for (const { point, path, expected } of frozen) {
    const where = `${scene.name} on ${fileSystem}, cut off at ${point}`;
    using copy = DiskImage.at(fileSystem, path);
    copy.mount(root);
    if (again === undefined) {
      await scenes.boot(root, true);
      const { side, complaints } = await scenes.judge(root, sides);
      tally.add(where, side, complaints, expected);
      continue;
    }
    const { frozen: recoveries } = await freeze(scene, `${folder}.again`, again, copy.copyScript(), (watch) =>
      scenes.boot(root, true, watch),
    );
    const { side: direction } = await scenes.judge(root, sides);
    copy.unmount();
    for (const { point: second, path: image } of recoveries) {
      using twice = DiskImage.at(fileSystem, image);
      twice.mount(root);
      await scenes.boot(root, true);
      const { side, complaints } = await scenes.judge(root, sides);
      tally.add(`${where}, and its recovery at ${second}`, side, complaints, expected ?? direction);
    }
    rmSync(`${folder}.again`, { recursive: true });
  }
  rmSync(folder, { recursive: true });
}

/** Shell that copies a tree to $1. */
const treeCopy = (root: string): string => `cp -a '${root}' "$1"`;

/** Runs something with a program for its points that freezes at those that are asked for. @param script shell that makes a copy at $1 */
async function freeze(
  scene: HandoverScene,
  folder: string,
  { step, from = 0 }: Which,
  script: string,
  run: (watch: Watch) => Promise<void>,
): Promise<{ readonly points: readonly string[]; readonly frozen: readonly Frozen[] }> {
  const points = await atHandoverPoints(folder, { step, from }, script, run);
  const expected = expectedSides(scene, points);
  const frozen = points.flatMap((point, index) =>
    index % step === from ? [{ point, path: join(folder, `${index}`), expected: expected(index) }] : [],
  );
  return { points, frozen };
}

/**
 * Where a cut has to lead: to the old release before the record that hands over, to the new one after the record of `post`. Between them, and while they
 * are written, the new agent may be tried again or not.
 */
function expectedSides(scene: HandoverScene, points: readonly string[]): (index: number) => Side | undefined {
  if (!scene.endsNew) return () => 'old';
  const handing = points.findIndex((point) => point.endsWith(': handing-over-recorded'));
  const written = points.findLastIndex((point, index) => index < handing && /: write var\/lib\/uvs-agent\/journal/u.test(point));
  const post = points.findIndex((point) => point.endsWith(': post-recorded'));
  return (index) => (index <= written ? 'old' : index >= post && post >= 0 ? 'new' : undefined);
}
