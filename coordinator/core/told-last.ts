import type { InstalledRelease, NodeFacts } from '../../common/facts.ts';
import type { NodeRecord } from '../domain.ts';

interface Sessions {
  /** Undefined where the node has no session. */
  live(uid: string): { readonly facts: NodeFacts } | undefined;
}

/**
 * The nodes with what they told last: of a session only the hello and the ends of operations are stored, and what speaks against a plan may have come since.
 * An end is stored before its session tells of it: where the releases differ, what is stored is newer.
 */
export function asToldLast(sessions: Sessions, nodes: Iterable<NodeRecord>): NodeRecord[] {
  return Array.from(nodes, (node) => {
    const told = sessions.live(node.uid)?.facts;
    const stored = node.facts;
    if (told === undefined || (stored !== undefined && !isSame(stored.installed, told.installed))) return node;
    return { ...node, facts: told };
  });
}

function isSame(some: readonly InstalledRelease[], others: readonly InstalledRelease[]): boolean {
  const hashes = new Map(others.map(({ component, manifestHash }) => [component, manifestHash]));
  return some.length === others.length && some.every(({ component, manifestHash }) => hashes.get(component) === manifestHash);
}
