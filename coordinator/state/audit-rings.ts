import type { AuditRecord, LedgerRecord } from '../domain.ts';
import type { Change, KeyValue } from '../etcd/port.ts';
import { keys } from './keys.ts';
import { recordText } from './parse.ts';

/** So many entries are kept of what nodes wrote, and so many of all else; each transaction removes the one that falls out. */
const KEPT_AUDIT_ENTRIES = 100_000;

type Counts = Pick<LedgerRecord, 'seq' | 'nodeEntries'>;

/**
 * Enters a change into the audit log, which is two rings, each with places of its own: what a node writes, however much it is, pushes nothing
 * out of what operators and coordinators did. One number runs through both, and tells the order.
 */
export function auditEntry(
  counts: Counts,
  entry: Omit<AuditRecord, 'seq'>,
): { readonly counts: Counts; readonly changes: readonly Change[]; readonly put: Pick<KeyValue, 'key' | 'value'> } {
  const isOfNode = entry.actor.startsWith('node/');
  const after = { seq: counts.seq + 1, nodeEntries: counts.nodeEntries + (isOfNode ? 1 : 0) };
  const [keyOf, place] = isOfNode ? [keys.nodeAudit, after.nodeEntries] : [keys.audit, after.seq - after.nodeEntries];
  const put = { key: keyOf(place), value: recordText({ seq: after.seq, ...entry }) };
  const tooOld: readonly Change[] = place > KEPT_AUDIT_ENTRIES ? [{ do: 'delete', key: keyOf(place - KEPT_AUDIT_ENTRIES) }] : [];
  return { counts: after, changes: [{ do: 'put', ...put }, ...tooOld], put };
}

/** Whether the key is one of an entry of the audit log, in either ring. */
export function isAuditKey(key: string): boolean {
  return key.startsWith(keys.audits) || key.startsWith(keys.nodeAudits);
}
