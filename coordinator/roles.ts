import type { HeldSlot, NodeRecord } from './domain.ts';

const MONITOR_ROLE = 'mon';

type Roles = Pick<NodeRecord, 'roles'> & Partial<Pick<NodeRecord, 'acceptedRoles'>>;

/** Those with which a node enrolled, or that an operator has accepted since; what it says besides is its own word. */
export function acceptedRoles({ roles, acceptedRoles: accepted = roles }: Roles): readonly string[] {
  return accepted;
}

/**
 * The roles by which a node uses up budgets: what it says of itself adds to those that were accepted and to those with which its slot was
 * granted, and takes none away.
 */
export function rolesThatCount(node: Roles | undefined, slot: HeldSlot | undefined): readonly string[] {
  return [...new Set([...(node?.roles ?? []), ...(node === undefined ? [] : acceptedRoles(node)), ...(slot?.roles ?? [])])];
}

/** The node as it says that it is by now; the roles that were accepted are kept beside those that it says, where they are others. */
export function withRoles<Node extends Roles>(node: Node, said: readonly string[]): Node & Pick<NodeRecord, 'acceptedRoles'> {
  const accepted = acceptedRoles(node);
  const isSame = accepted.length === said.length && accepted.every((role) => said.includes(role));
  return { ...node, roles: said, acceptedRoles: isSame ? undefined : accepted };
}

/** What a node is for the monitors' majority: it makes them more only where that was accepted, and fewer also by its own word. */
export type MonitorPart = 'none' | 'one' | 'said-only' | 'denied';

export function monitorPart(node: Roles): MonitorPart {
  const isSaid = node.roles.includes(MONITOR_ROLE);
  if (acceptedRoles(node).includes(MONITOR_ROLE)) return isSaid ? 'one' : 'denied';
  return isSaid ? 'said-only' : 'none';
}

export function isMonitor(roles: readonly string[]): boolean {
  return roles.includes(MONITOR_ROLE);
}
