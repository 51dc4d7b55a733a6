import { lstatSync, readdirSync, type Stats } from 'node:fs';
import { RETAINED_NAME } from '../files/forbidden.ts';
import { findBelow, openTopIfThere } from '../files/private-directory.ts';
import { isOperation } from '../files/remove-private.ts';
import type { OperationContext } from '../operation-context.ts';
import type { Room } from '../steps/space.ts';
import { readIndex } from './index-file.ts';

const BLOCK_BYTES = 512;

interface Held {
  readonly dev: number;
  readonly bytes: number;
  readonly names: number;
  readonly links: number;
}

/** Says what would become free on each file system, by its device, if all that is retained were given up. What has a name elsewhere would not. */
export async function heldByRetained({ setup: { root }, state }: OperationContext): Promise<ReadonlyMap<number, Room>> {
  const { retained } = await readIndex(state);
  const held = new Map<string, Held>();
  for (const base of new Set(retained.flatMap((entry) => entry.bases))) {
    for (const { dev, ino, blocks, nlink } of retainedOn(root, base)) {
      const names = held.get(`${dev} ${ino}`)?.names ?? 0;
      held.set(`${dev} ${ino}`, { dev, bytes: blocks * BLOCK_BYTES, names: names + 1, links: nlink });
    }
  }
  const rooms = new Map<number, Room>();
  for (const { dev, bytes, names, links } of held.values()) {
    if (names < links) continue;
    const room = rooms.get(dev) ?? { bytes: 0, inodes: 0 };
    rooms.set(dev, { bytes: room.bytes + bytes, inodes: room.inodes + 1 });
  }
  return rooms;
}

/** `.uvs-retained/OPERATION/INDEX`, whatever the operation: all of it would go. */
function retainedOn(root: string, base: string): readonly Stats[] {
  using top = openTopIfThere(root, base);
  if (top === undefined) return [];
  using parent = findBelow(top, [RETAINED_NAME]);
  if (parent === undefined) return [];
  return readdirSync(parent.address('.')).flatMap((operation) => {
    using area = isOperation(operation) ? findBelow(top, [RETAINED_NAME, operation]) : undefined;
    if (area === undefined) return [];
    return readdirSync(area.address('.')).flatMap((name) => lstatSync(area.address(name), { throwIfNoEntry: false }) ?? []);
  });
}
