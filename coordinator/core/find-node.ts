import { UvsError } from '../../common/errors.ts';
import type { NodeRecord } from '../domain.ts';
import type { Mirror } from '../state/mirror.ts';

/** By UID or host name. @throws UvsError NOT_FOUND */
export function findNode(mirror: Mirror, name: string): NodeRecord {
  const byUid = mirror.nodes.get(name);
  if (byUid !== undefined) return byUid;
  for (const node of mirror.nodes.values()) if (node.hostname === name) return node;
  throw new UvsError('NOT_FOUND', `there is no node ${name.slice(0, 100)}`, {
    hint: '"uvsctl nodes list" shows the nodes.',
    details: { node: name.slice(0, 100) },
  });
}

/** By UID, of a node that is known to have been there. @throws UvsError NOT_FOUND */
export function demandNode(mirror: Mirror, uid: string): NodeRecord {
  const node = mirror.nodes.get(uid);
  if (node === undefined) throw new UvsError('NOT_FOUND', `there is no node ${uid}`);
  return node;
}
