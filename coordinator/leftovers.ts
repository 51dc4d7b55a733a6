import type { LiveNode } from './ports.ts';

/** Agent phases in which an operation can still be given up without a trace (agent/operation-machine.ts). */
const unbegun: ReadonlySet<string> = new Set(['fetching', 'staged']);

type Said = Pick<LiveNode, 'openOperations' | 'progress'>;

export function isUnbegun(phase: string): boolean {
  return unbegun.has(phase);
}

/**
 * Finds what a node keeps ready though nothing wants it any more: its rollout was aborted while the node was away, so nobody could tell it, or
 * its slot was released before it was told of it. Left alone, such an operation keeps the node busy for ever. What has begun goes to its own
 * end and is never among them.
 * @param wanted operations of this node that an open step or a slot names
 */
export function leftovers({ openOperations, progress }: Said, wanted: ReadonlySet<string>): readonly string[] {
  const phases = new Map(openOperations.map(({ operation, phase }) => [operation, phase]));
  // what it took up after its hello it has only told of since
  for (const [operation, { phase }] of progress) phases.set(operation, phase);
  return [...phases].flatMap(([operation, phase]) => (isUnbegun(phase) && !wanted.has(operation) ? [operation] : []));
}
