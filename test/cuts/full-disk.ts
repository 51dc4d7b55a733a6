import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { recover } from '../../agent/commands/recover.ts';
import { rollback } from '../../agent/commands/rollback.ts';
import { RETAINED_NAME } from '../../agent/files/forbidden.ts';
import type { Ended } from '../../agent/ports.ts';
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
import { bothSides, judgeRoot, type BothSides, type Side, type Tally } from './verdicts.ts';

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

/** Has a release come, or taken back, as its scene says. */
async function bring({ node, root, scene }: Pick<Case, 'node' | 'root' | 'scene'>): Promise<Ended> {
  if (scene.way === 'apply') return await install(node, scene.package, root);
  return await rollback(node.console(root), { noSlotReason: 'a test' }, new AbortController().signal);
}

/** Brings the release in, or takes it back, while the disk is full, recovers once it is not, and tries again. */
async function bringOnFullDisk({ node, root, scene, sides, where, onAct, free }: Case, tally: Tally): Promise<void> {
  const complaints: string[] = [];
  const names = new PointNames(root);
  let said: string;
  {
    using _ = onDiskAct((act) => onAct(act, names.act(act)));
    said = await bring({ node, root, scene }).then(
      ({ outcome, message, outputTail }) => (hasCome(outcome) ? '' : `${message}\n${outputTail}`),
      (thrown: unknown) => {
        const { reason, message, hint } = toUvsError(thrown);
        return `${reason}: ${message} (${hint})`;
      },
    );
  }
  free();
  await recover(node.console(root)).catch((error: unknown) => complaints.push(`with space again it did not recover: ${String(error)}`));
  if (scene.way === 'rollback' && said === '' && existsSync(join(root, RETAINED_NAME)))
    complaints.push(...(await freeWithNext({ node, root, scene })));
  const { side, complaints: found } = await judgeRoot(root, sides);
  complaints.push(...found);
  const { from, to } = sidesOf(scene);
  // a release that fails by itself may have done so before the disk was full
  const isForSpace = from !== to && said !== '';
  if (isForSpace && !/NO_SPACE: .*(?:(?:was|is) full|free(?: inodes)? and the release needs)/u.test(said))
    complaints.push(`it does not say NO_SPACE: ${said}`);
  if (isForSpace && !/\b(?:Free space|Remove small files)\b/u.test(said)) complaints.push(`it does not say what to do: ${said}`);
  if (side === from && from !== to) {
    const { outcome, message } = await bring({ node, root, scene });
    const again = await judgeRoot(root, sides);
    if (!hasCome(outcome) || again.side !== to) complaints.push(`with space again it is ${outcome}: ${message}`);
    complaints.push(...again.complaints);
  }
  tally.add(where, side, complaints, undefined);
}

/** Of what was retained some may not have been freed, and gives files a second name: the next release there frees it. Takes that back as well. */
async function freeWithNext({ node, root, scene }: Pick<Case, 'node' | 'root' | 'scene'>): Promise<readonly string[]> {
  const next = await install(node, scene.package, root);
  const back = await bring({ node, root, scene });
  const wrong = [next, back].filter(({ outcome }) => !hasCome(outcome)).map(({ outcome, message }) => `the next is ${outcome}: ${message}`);
  return existsSync(join(root, RETAINED_NAME)) ? [...wrong, 'the next release did not free what was retained'] : wrong;
}

/** As a release that came says it, or one that was taken back. */
function hasCome(outcome: Ended['outcome']): boolean {
  return outcome === 'installed' || outcome === 'done';
}

/** Where a scene begins, and where it leads where there is room. */
function sidesOf({ way, endsNew }: CutScene): { readonly from: Side; readonly to: Side } {
  if (way === 'rollback') return { from: 'new', to: 'old' };
  return { from: 'old', to: endsNew ? 'new' : 'old' };
}

/** Has every `step`th act of a release fail as on a full disk, that one alone, on a copy of the node each. */
export async function refuseSpace(copies: NodeCopies, scene: CutScene, step: number, tally: Tally): Promise<void> {
  const { points, sides } = await tracedAlone(copies, scene);
  for (const at of points.filter((_point, index) => index % step === 0)) {
    using root = copies.copy(scene);
    const onAct = (act: DiskAct, point: string): void => (point === at ? act.failWith(noSpace(act)) : undefined);
    const where = `${scene.name}: refused space at ${at}`;
    await bringOnFullDisk({ node: copies.node, root: root.path, scene, sides, where, onAct, free: () => undefined }, tally);
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
    copies.copyInto(mountPoint, scene);
    const onAct = (_act: DiskAct, point: string): void => (point === at ? fillDisk(mountPoint, what) : undefined);
    const where = `${scene.name}: all ${what} of ${fileSystem} taken at ${at}`;
    await bringOnFullDisk({ node: copies.node, root: mountPoint, scene, sides, where, onAct, free: () => freeDisk(mountPoint) }, tally);
  }
}

async function tracedAlone(
  copies: NodeCopies,
  scene: CutScene,
): Promise<{ readonly points: readonly string[]; readonly sides: BothSides }> {
  using root = copies.copy(scene);
  const before = managedTree(root.path);
  const names = new PointNames(root.path);
  const points: string[] = [];
  using _ = onDiskAct((act) => points.push(names.act(act)));
  await bring({ node: copies.node, root: root.path, scene });
  return { points, sides: bothSides(scene, before, managedTree(root.path)) };
}
