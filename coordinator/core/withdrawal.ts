import type { NodeRecord } from '../domain.ts';
import type { Compare, Etcd } from '../etcd/port.ts';
import { keys } from '../state/keys.ts';
import { parseRecord } from '../state/parse.ts';
import type { RecordChange } from '../state/record-change.ts';
import { credentialSchema, withdrawalsSchema } from '../state/records.ts';
import type { Wish } from '../state/requests.ts';

interface Withdrawal {
  readonly compares: readonly Compare[];
  readonly changes: readonly RecordChange[];
}

/**
 * Adds to the decision that a node goes the withdrawal of its certificate: one transaction does both, so that no failure and no repetition
 * can leave the one without the other.
 * @param node undefined: it was removed earlier, and its certificate withdrawn with it
 */
export async function withWithdrawal(etcd: Pick<Etcd, 'get'>, node: NodeRecord | undefined, wish: Wish): Promise<Wish> {
  const withdrawal = node === undefined ? undefined : await withdrawalOf(etcd, node);
  if (withdrawal === undefined) return wish;
  return {
    ...wish,
    compares: [...(wish.compares ?? []), ...withdrawal.compares],
    changes: [...wish.changes, ...withdrawal.changes],
    audit: { ...wish.audit, message: `${wish.audit.message}; its certificate is withdrawn` },
  };
}

/** @returns undefined where the certificate is withdrawn already, or on no record: then nobody knows what would have to be withdrawn */
async function withdrawalOf(etcd: Pick<Etcd, 'get'>, { credential: serial, hostname }: NodeRecord): Promise<Withdrawal | undefined> {
  const [entry, list] = await Promise.all([etcd.get(keys.credential(serial)), etcd.get(keys.withdrawals)]);
  const record = entry === undefined ? undefined : parseRecord(credentialSchema, entry);
  if (record === undefined || record.isWithdrawn) return undefined;
  const before = list === undefined ? { counter: 0, fingerprints: [] } : parseRecord(withdrawalsSchema, list);
  return {
    compares: [{ on: 'mod', key: keys.withdrawals, equals: list?.modRevision ?? 0 }],
    changes: [
      { of: 'credential', record: { ...record, hostname, isWithdrawn: true } },
      { of: 'withdrawals', counter: before.counter + 1, fingerprints: [...before.fingerprints, record.fingerprint] },
    ],
  };
}
