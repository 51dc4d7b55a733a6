import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { TestNode } from './update-node.ts';

/** A test node whose disk is memory, where there is such: syncing it takes no time, whatever else the machine writes. It reads nothing back from a device. */
export function memoryNode(): TestNode {
  return new TestNode(existsSync('/dev/shm') ? '/dev/shm' : tmpdir());
}
