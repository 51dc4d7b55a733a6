import { apply } from '../../agent/commands/apply.ts';
import type { Ended } from '../../agent/ports.ts';
import type { TestNode } from './update-node.ts';

/** Brings a package onto a test node (or another root of it) as an operator does at its console, without a slot. */
export function install(node: TestNode, name: string, root = node.root): Promise<Ended> {
  return apply(node.console(root), { file: node.packagePath(name), noSlotReason: 'a test' }, new AbortController().signal);
}
