import { UvsError } from '../../common/errors.ts';
import type { LedgerRecord } from '../domain.ts';
import type { Change, Compare } from '../etcd/port.ts';
import { keys } from './keys.ts';
import type { Mirror } from './mirror.ts';
import { recordText } from './parse.ts';
import { toEtcdChanges, type RecordChange } from './record-change.ts';

/** What one transaction does, decided from the mirror as it stands. */
export interface Decision<T> {
  /** Beside the leader's key and the ledger: usually the slot, by create and mod revision. */
  readonly compares?: readonly Compare[];
  readonly changes: readonly RecordChange[];
  /** Changes of keys that the mirror does not hold. */
  readonly otherChanges?: readonly Change[];
  readonly ledger?: Partial<Pick<LedgerRecord, 'freezeReason' | 'budgets' | 'hold' | 'isAdopting'>>;
  /** Undefined where something was observed, e.g. a node's facts, and nothing decided: no entry is made. */
  readonly audit: { readonly actor: string; readonly action: string; readonly resource: string; readonly message: string } | undefined;
  /** Somebody outside relies on it once it is told: this coordinator remembers its revision before that, so that an etcd without it is noticed. */
  readonly isPromise?: boolean;
  readonly result: T;
}

/** A decision that nothing has to be written, with its result. */
export interface Nothing<T> {
  readonly nothing: true;
  /** Where it repeats what an earlier decision has promised: the revision of that, which may not be on this coordinator's disk yet. */
  readonly promisedAt?: number | undefined;
  readonly result: T;
}

export type Decide<T> = (mirror: Mirror) => Decision<T> | Nothing<T> | Promise<Decision<T> | Nothing<T>>;

/** etcd's own default for operations in one transaction is 128. */
export const MAX_CHANGES = 100;

/** Everything that a decision writes: the ledger, the audit entry, and what it changes. @throws INTERNAL where that is more than one transaction holds */
export function changesOf(decision: Decision<unknown>, ledger: LedgerRecord, audit: readonly Change[]): Change[] {
  const changes: Change[] = [
    { do: 'put', key: keys.ledger, value: recordText(ledger) },
    ...audit,
    ...decision.changes.flatMap(toEtcdChanges),
    ...(decision.otherChanges ?? []),
  ];
  if (changes.length > MAX_CHANGES)
    throw new UvsError('INTERNAL', `a decision of ${changes.length} changes is more than one transaction holds`);
  return changes;
}
