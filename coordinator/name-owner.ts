import { UvsError } from '../common/errors.ts';
import type { NodeRecord } from './domain.ts';
import { isSameHost, shortName } from './same-host.ts';

/** The node for whose machine one of this name would be taken: by a name of the same host, or by its UID, which may look like one. */
export function namesake(nodes: Iterable<NodeRecord>, hostname: string): NodeRecord | undefined {
  for (const node of nodes) {
    if (node.uid === hostname || isSameHost(node.hostname, hostname)) return node;
  }
  return undefined;
}

/** Lets no machine enrol by a name that is another's, or would be taken for it. @throws UvsError ALREADY_EXISTS */
export function demandFreeName(nodes: Iterable<NodeRecord>, hostname: string): void {
  const taken = namesake(nodes, hostname);
  if (taken === undefined) return;
  const message =
    taken.hostname === hostname
      ? `a node with the host name ${hostname} is enrolled (${taken.uid})`
      : `${hostname} would be taken for the node ${taken.hostname}, which is enrolled (${taken.uid})`;
  throw new UvsError('ALREADY_EXISTS', message, {
    hint: `If this machine replaces it: uvsctl nodes remove ${taken.hostname} --reason TEXT, then join again.`,
    details: { hostname, uid: taken.uid },
  });
}

export interface RefusedName {
  /** As the end of "which is". */
  readonly why: string;
  /** UID of the node, or id of the coordinator. */
  readonly owner: string;
}

/**
 * Says why an enrolled node may not be called so from now on: by its name orders find it, the Ceph gate its daemons, and the leader its own machine,
 * and it is the node itself that says it. So a new name is less than what enrolment, for which an operator gave a token, may bring: it may not even
 * begin like that of another node, for Ceph may know both by that beginning, and it makes the node no coordinator's machine.
 * @param machines host names of the coordinators' machines, by the coordinators' ids
 */
export function refusalOfName(
  node: Pick<NodeRecord, 'uid' | 'hostname'>,
  hostname: string,
  { nodes, machines }: { readonly nodes: Iterable<NodeRecord>; readonly machines: ReadonlyMap<string, string> },
): RefusedName | undefined {
  if (hostname === node.hostname) return undefined;
  // one that it began with before it may go on with
  const beginsAnew = beginning(hostname) !== beginning(node.hostname);
  for (const other of nodes) {
    if (other.uid === node.uid) continue;
    if (other.uid === hostname || other.hostname === hostname) return { why: `the name of node ${other.uid}`, owner: other.uid };
    if (isSameHost(other.hostname, hostname) || (beginsAnew && beginning(other.hostname) === beginning(hostname))) {
      return { why: `too like the name of node ${other.uid}, ${other.hostname}`, owner: other.uid };
    }
  }
  for (const [id, machine] of machines) {
    if (isSameHost(machine, hostname) && !isSameHost(machine, node.hostname)) {
      return { why: `the name of the machine of coordinator ${id}`, owner: id };
    }
  }
  return undefined;
}

function beginning(hostname: string): string {
  return shortName(hostname).toLowerCase();
}
