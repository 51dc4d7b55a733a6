import type { AuditRecord } from '../domain.ts';
import type { Mirror } from './mirror.ts';
import type { RecordChange } from './record-change.ts';

/** A node, or its step of a rollout. */
const RESOURCE = /^(?:nodes|rollouts\/[^/]+\/steps)\/([^/]+)$/u;
const ACTOR = /^node\/([^/]+)$/u;

/**
 * Says how the node is called that an entry of the audit log is about, or else that wrote it, for whoever reads the log when it has left the cluster.
 * @param changes of the transaction that the entry tells of: a node may come by it
 * @returns undefined where the entry is about none, or nobody knows
 */
export function auditHostname(
  { actor, resource }: Pick<AuditRecord, 'actor' | 'resource'>,
  mirror: Pick<Mirror, 'nodes' | 'slots'>,
  changes: readonly RecordChange[],
): string | undefined {
  const uid = RESOURCE.exec(resource)?.[1] ?? ACTOR.exec(actor)?.[1];
  if (uid === undefined) return undefined;
  const known = mirror.nodes.get(uid)?.hostname ?? mirror.slots.get(uid)?.removedNode?.hostname;
  if (known !== undefined) return known;
  for (const change of changes) {
    if (change.of === 'node' && change.record.uid === uid) return change.record.hostname;
    if (change.of === 'step' && change.record.uid === uid) return change.record.hostname === '' ? undefined : change.record.hostname;
  }
  return undefined;
}
