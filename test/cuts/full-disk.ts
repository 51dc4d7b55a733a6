import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { recover } from '../../agent/commands/recover.ts';
import { toUvsError } from '../../common/errors.ts';
import { onDiskAct, type DiskAct } from '../../common/disk-act.ts';
import { install } from '../support/install.ts';
import type { TestNode } from '../support/update-node.ts';
import type { CutScene } from './cut-scenes.ts';
import { DiskImage, type FileSystem } from './disk-image.ts';
import { fillDisk, freeDisk } from './fill-disk.ts';
import { managedTree } from './managed-tree.ts';
import type { NodeCopies } from './node-copies.ts';
import { PointNames } from './point-names.ts';
import { judgeRoot, type BothSides, type Tally } from './verdicts.ts';

/** What a release says and comes to where the disk is full, and what it comes to once there is space again. */
interface Case {
  readonly node: TestNode;
  readonly root: string;
  readonly scene: CutScene;
  readonly sides: BothSides;
  /** Names the case in complaints. */
  readonly where: string;
  /** Hears of each act; has it fail, or fills the disk. */
  readonly onAct: (act: DiskAct, point: string) => void;
  /** Gives the space back. */
  readonly free: () => void;
}

/** As system calls say it. */
function noSpace(act: DiskAct): Error {
  return Object.assign(new Error(`ENOSPC: no space left on device, ${act.kind} '${act.path}'`), {
    code: 'ENOSPC',
    errno: -28,
    syscall: act.kind,
  });
}

/** Brings the release in while the disk is full, recovers once it is not, and tries again. */
async function installOnFullDisk({ node, root, scene, sides, where, onAct, free }: Case, tally: Tally): Promise<void> {
  const complaints: string[] = [];
  const names = new PointNames(root);
  let said: string;
  {
    using _ = onDiskAct((act) => onAct(act, names.act(act)));
    said = await install(node, scene.package, root).then(
      ({ outcome, message, outputTail }) => (outcome === 'installed' ? '' : `${message}\n${outputTail}`),
      (thrown: unknown) => {
        const { reason, message, hint } = toUvsError(thrown);
        return `${reason}: ${message} (${hint})`;
      },
    );
  }
  free();
  await recover(node.console(root)).catch((error: unknown) => complaints.push(`with space again it did not recover: ${String(error)}`));
  const { side, complaints: found } = await judgeRoot(root, sides);
  complaints.push(...found);
  // a release that fails by itself may have done so before the disk was full
  if (scene.endsNew && said !== '' && !/NO_SPACE: .*(?:was|is) full/u.test(said)) complaints.push(`it does not say NO_SPACE: ${said}`);
  if (scene.endsNew && said !== '' && !/\bFree space\b/u.test(said)) complaints.push(`it does not say what to do: ${said}`);
  if (side === 'old' && scene.endsNew) {
    const { outcome, message } = await install(node, scene.package, root);
    const again = await judgeRoot(root, sides);
    if (outcome !== 'installed' || again.side !== 'new') complaints.push(`with space again it is ${outcome}: ${message}`);
    complaints.push(...again.complaints);
  }
  tally.add(where, side, complaints, undefined);
}

/** Has every `step`th act of a release fail as on a full disk, that one alone, on a copy of the node each. */
export async function refuseSpace(copies: NodeCopies, scene: CutScene, step: number, tally: Tally): Promise<void> {
  const { points, sides } = await tracedAlone(copies, scene);
  for (const at of points.filter((_point, index) => index % step === 0)) {
    using root = copies.copy();
    const onAct = (act: DiskAct, point: string): void => (point === at ? act.failWith(noSpace(act)) : undefined);
    const where = `${scene.name}: refused space at ${at}`;
    await installOnFullDisk({ node: copies.node, root: root.path, scene, sides, where, onAct, free: () => undefined }, tally);
  }
}

/** Fills a real file system, of ext4 unless it says otherwise, at every `step`th act, from one of them on; it stays full until the agent has ended. */
export async function fillAt(
  copies: NodeCopies,
  scene: CutScene,
  what: 'blocks' | 'inodes',
  { step, from, fileSystem = 'ext4' }: { readonly step: number; readonly from?: string; readonly fileSystem?: FileSystem },
  tally: Tally,
): Promise<void> {
  const { points, sides } = await tracedAlone(copies, scene);
  const mountPoint = join(copies.node.directory, 'small');
  mkdirSync(mountPoint, { recursive: true });
  const first = from === undefined ? 0 : points.indexOf(from);
  if (first < 0) throw new Error(`no release of these does ${from}`);
  for (const at of points.slice(first).filter((_point, index) => index % step === 0)) {
    // few inodes, so that it does not take long to use them up; xfs makes them as it goes
    using image = DiskImage.make(fileSystem, join(copies.node.directory, 'small.img'), fileSystem === 'ext4' ? ['-N', '256'] : []);
    image.mount(mountPoint);
    copies.copyInto(mountPoint);
    const onAct = (_act: DiskAct, point: string): void => (point === at ? fillDisk(mountPoint, what) : undefined);
    const where = `${scene.name}: all ${what} of ${fileSystem} taken at ${at}`;
    await installOnFullDisk({ node: copies.node, root: mountPoint, scene, sides, where, onAct, free: () => freeDisk(mountPoint) }, tally);
  }
}

async function tracedAlone(
  copies: NodeCopies,
  scene: CutScene,
): Promise<{ readonly points: readonly string[]; readonly sides: BothSides }> {
  using root = copies.copy();
  const old = managedTree(root.path);
  const names = new PointNames(root.path);
  const points: string[] = [];
  using _ = onDiskAct((act) => points.push(names.act(act)));
  await install(copies.node, scene.package, root.path);
  return { points, sides: { old, new: managedTree(root.path) } };
}
