import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readStatus } from '../../agent/commands/status.ts';
import { DiskImage, type FileSystem } from './disk-image.ts';
import { freeDisk } from './fill-disk.ts';
import { atHandoverPoints, only, type Which } from './handover-points.ts';
import type { HandoverNode, HandoverScene } from './handover-scene.ts';
import type { BothSides, Tally } from './verdicts.ts';

const filler = fileURLToPath(new URL('fill-disk.ts', import.meta.url));

/** Few inodes, so that it does not take long to use them up; xfs makes them as it goes. */
const small = { ext4: ['-N', '512'], xfs: [] } as const satisfies Record<FileSystem, readonly string[]>;

/**
 * Fills a real file system at points of a release that brings another agent. It stays full while both agents and the launcher go on, and while the node
 * comes up once more; then there is space again, it comes up, and is compared. One that is old then takes the release, of every `retakenEach`th point.
 */
export async function fillAtHandover(
  scenes: HandoverNode,
  scene: HandoverScene,
  how: Which & { readonly what: 'blocks' | 'inodes'; readonly fileSystem?: FileSystem; readonly retakenEach?: number },
  tally: Tally,
): Promise<void> {
  const { what, step, from = 0, fileSystem = 'ext4', retakenEach = 8 } = how;
  const { points, sides } = await traced(scenes, scene);
  const root = join(scenes.node.directory, 'small');
  mkdirSync(root, { recursive: true });
  const fill = `exec '${process.execPath}' -e "import('${filler}').then(({ fillDisk }) => fillDisk('${root}', '${what}'))"`;
  for (let index = from; index < points.length; index += step) {
    using disk = DiskImage.make(fileSystem, join(scenes.node.directory, 'small.img'), small[fileSystem]);
    disk.mount(root);
    scenes.copyInto(root);
    const complaints: string[] = [];
    const output: string[] = [];
    const folder = `${root}.points`;
    const passed = await atHandoverPoints(folder, only(index), fill, async (watch) => {
      output.push((await scenes.node.apply(scene.package, { root, watch })).output);
    });
    rmSync(folder, { recursive: true });
    const point = passed[index];
    if (point === undefined) {
      tally.missed += 1; // see isUpToTheMoment: of lines of output there may be one write fewer
      continue;
    }
    await scenes.boot(root, false);
    freeDisk(root);
    await scenes.boot(root, false);
    const { side, complaints: found } = await scenes.judge(root, sides);
    complaints.push(...found);
    const { history } = await readStatus({ root, statePath: join(root, 'var/lib/uvs-agent') });
    // where there was no room for the operation's first line either, it is the command alone that says so
    const said = [history.at(-1)?.message ?? '', ...output].join('\n');
    if (side === 'old' && scene.endsNew && !said.includes('NO_SPACE')) complaints.push(`it does not say NO_SPACE: ${said}`);
    if (side === 'old' && scene.endsNew && Math.floor(index / step) % retakenEach === 0)
      complaints.push(...(await retake(scenes, scene, root, sides)));
    tally.add(`${scene.name}: all ${what} of ${fileSystem} taken at ${point}`, side, complaints, scene.endsNew ? undefined : 'old');
  }
}

async function traced(
  scenes: HandoverNode,
  scene: HandoverScene,
): Promise<{ readonly points: readonly string[]; readonly sides: BothSides }> {
  using root = scenes.copy();
  const sides: BothSides[] = [];
  const folder = `${root.path}.points`;
  const points = await atHandoverPoints(folder, only(-1), '', async (watch) => {
    sides.push(await scenes.run(root.path, scene, watch));
  });
  rmSync(folder, { recursive: true });
  const [both] = sides;
  if (both === undefined) throw new Error('nothing ran');
  return { points, sides: both };
}

async function retake(scenes: HandoverNode, scene: HandoverScene, root: string, sides: BothSides): Promise<readonly string[]> {
  const { code, output } = await scenes.node.apply(scene.package, { root });
  const { side, complaints } = await scenes.judge(root, sides);
  return code === 0 && side === 'new' ? complaints : [`with space again it is ${side}: ${output}`, ...complaints];
}
