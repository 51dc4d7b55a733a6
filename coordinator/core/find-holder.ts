import { UvsError } from '../../common/errors.ts';
import type { Mirror } from '../state/mirror.ts';
import { findNode } from './find-node.ts';

/**
 * Finds the UID that a name means among the nodes that are enrolled and those that were removed by force and still count. A host name may be
 * of both: a new machine has taken the place of one whose slot is not written off. Nobody but the operator can say then which is meant.
 * @throws UvsError NOT_FOUND; INVALID_ARGUMENT where it is the name of more than one
 */
export function findHolder(mirror: Mirror, name: string): string {
  if (mirror.nodes.has(name) || mirror.slots.get(name)?.removedNode !== undefined) return name;
  const removed = removedUnder(mirror, name);
  const [only] = removed;
  if (only === undefined) return findNode(mirror, name).uid;
  const enrolled = [...mirror.nodes.values()].filter(({ hostname }) => hostname === name);
  if (removed.length + enrolled.length === 1) return only;
  const each = [
    ...enrolled.map(({ uid }) => `${uid}, which is enrolled`),
    ...removed.map((uid) => `${uid}, which was removed by force and counts until it is written off`),
  ];
  throw new UvsError('INVALID_ARGUMENT', `${name.slice(0, 100)} is the name of ${each.length} nodes: ${each.join('; ')}`, {
    hint: 'Say which by its UID.',
    details: { field: 'name' },
  });
}

/** How an operator names a node without being misunderstood: by its host name, where that is of no other. */
export function plainName(mirror: Mirror, uid: string): string {
  const hostname = mirror.nodes.get(uid)?.hostname ?? mirror.slots.get(uid)?.removedNode?.hostname ?? uid;
  const others = removedUnder(mirror, hostname).filter((other) => other !== uid);
  const isTaken = !mirror.nodes.has(uid) && [...mirror.nodes.values()].some((node) => node.hostname === hostname);
  return others.length > 0 || isTaken ? uid : hostname;
}

function removedUnder(mirror: Mirror, hostname: string): readonly string[] {
  return [...mirror.slots.values()].filter(({ removedNode }) => removedNode?.hostname === hostname).map(({ uid }) => uid);
}
