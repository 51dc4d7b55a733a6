import { lstatSync, statfsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { UvsError } from '../../common/errors.ts';
import type { OpenedPackage } from '../../common/upd/open.ts';
import type { Plan } from '../files/plan.ts';
import type { Tree } from '../files/tree.ts';
import { mebibytes } from '../mebibytes.ts';
import { stateOf, type OperationContext } from '../operation-context.ts';

/** Free space that staging leaves to others on each file system. */
const SPARE_BYTES = 4 * 1024 * 1024;
const SPARE_INODES = 64;
/** Of the manifest's size: it is stored with the operation and with the release, and the plan is as long. */
const STATE_COPIES = 4;

/** Something that takes space. */
export interface Need {
  /** A place on its file system. */
  readonly path: string;
  readonly bytes: number;
}

/** What would be free besides. */
export interface Room {
  readonly bytes: number;
  readonly inodes: number;
}

const noRoom: ReadonlyMap<number, Room> = new Map();

interface Sum extends Need {
  readonly inodes: number;
}

/**
 * Asks each file system for the bytes and inodes that are still to be staged there, and for what the agent has to write down of it; then all of
 * them together for what the manifest says that it needs.
 * @param copies what keeping originals takes besides
 * @param room what would be free besides, by device
 * @throws UvsError NO_SPACE
 */
export function refuseFullDisk(
  context: OperationContext,
  { manifest, manifestBytes }: OpenedPackage,
  bases: ReadonlyMap<number, string>,
  copies: readonly Need[],
  room = noRoom,
): void {
  const { root } = context.setup;
  const needs: Need[] = [...copies];
  const marked = stateOf(context).markedSegments;
  const groups = new Set<number>();
  for (const [index, base] of bases) {
    const entry = manifest.files[index];
    if (entry?.op !== 'put' || entry.type === 'directory') continue;
    const isStaged = marked > 0 && entry.type === 'file' && entry.extents.every(({ segment }) => segment < marked);
    if (isStaged) continue;
    const isCounted = entry.type === 'symlink' || groups.has(entry.linkGroup);
    needs.push({ path: join(root, base), bytes: isCounted ? 0 : entry.size });
    if (entry.type === 'file' && entry.linkGroup !== 0) groups.add(entry.linkGroup);
  }
  for (const task of manifest.tasks) needs.push({ path: root, bytes: task.size });
  needs.push({ path: context.state.path, bytes: manifestBytes.length * STATE_COPIES });
  const freeBytes = demandSpace(needs, room);
  if (marked === 0 && freeBytes < manifest.spaceBytes) {
    throw new UvsError(
      'NO_SPACE',
      `the release says that it needs ${mebibytes(manifest.spaceBytes)}, and ${mebibytes(freeBytes)} are free where it goes`,
      {
        hint: 'Free space there and try again; nothing was changed.',
      },
    );
  }
}

/** Where a file can have no second name, keeping the original takes the space of a copy. */
export function neededByCopies({ setup: { root } }: OperationContext, tree: Tree, { actions }: Plan): readonly Need[] {
  return actions.flatMap((action) =>
    'isCopied' in action ? [{ path: join(root, action.base), bytes: lstatSync(tree.address(action.path)).size }] : [],
  );
}

/** Sees that there is room for all, and to spare. Returns what is free where they go. @throws UvsError NO_SPACE */
export function demandSpace(needs: readonly Need[], room = noRoom): number {
  // several mounts may show one file system
  const sums = new Map<number, Sum>();
  const devices = new Map<string, number>();
  for (const { path, bytes } of needs) {
    const dev = devices.get(path) ?? statSync(path).dev;
    devices.set(path, dev);
    const sum = sums.get(dev) ?? { path, bytes: SPARE_BYTES, inodes: SPARE_INODES };
    sums.set(dev, { path: sum.path, bytes: sum.bytes + bytes, inodes: sum.inodes + 1 });
  }
  return [...sums].reduce((freeBytes, [dev, sum]) => freeBytes + demand(sum, room.get(dev)), 0);
}

/** Returns what is free. */
function demand({ path, bytes, inodes }: Sum, room: Room = { bytes: 0, inodes: 0 }): number {
  const { bavail, bsize, ffree, files } = statfsSync(path);
  // each file takes whole blocks
  const neededBytes = bytes + inodes * bsize;
  const freeBytes = bavail * bsize + room.bytes;
  const freeInodes = ffree + room.inodes;
  if (freeBytes < neededBytes) {
    throw new UvsError('NO_SPACE', `${path} has ${mebibytes(freeBytes)} free and the release needs ${mebibytes(neededBytes)} there`, {
      hint: 'Free space on that file system and try again; nothing was changed.',
    });
  }
  if (files > 0 && freeInodes < inodes) {
    throw new UvsError('NO_SPACE', `${path} has ${freeInodes} free inodes and the release needs ${inodes} there`, {
      hint: 'Remove small files on that file system and try again; nothing was changed.',
    });
  }
  return freeBytes;
}
