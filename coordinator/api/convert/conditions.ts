import type { Condition } from '../../../proto/gen/uvs/v1/Condition.ts';
import type { LedgerRecord, NodeRecord } from '../../domain.ts';
import { describeHold } from '../../hold.ts';
import { describeStuck, type DrainView } from '../../stuck-drains.ts';

/** What an operator has to know of the cluster as a whole, whether it is so or not. */
export function clusterConditions(
  ledger: LedgerRecord,
  unheard: readonly NodeRecord[],
  drains: readonly DrainView[],
): readonly Condition[] {
  const unrestored = describeStuck(drains);
  return [
    {
      type: 'Frozen',
      status: ledger.freezeReason !== undefined,
      reason: ledger.freezeReason === undefined ? 'NotFrozen' : 'FrozenByOperator',
      message: ledger.freezeReason ?? '',
      lastTransitionTime: null,
    },
    {
      type: 'Held',
      status: ledger.hold !== undefined,
      reason: ledger.hold === undefined ? 'EtcdAsRemembered' : 'EtcdPutBack',
      message: ledger.hold === undefined ? '' : (describeHold(ledger, []) ?? ''),
      lastTransitionTime: null,
    },
    {
      type: 'Adopting',
      status: ledger.isAdopting,
      reason: ledger.isAdopting ? 'NodesAreWaitedFor' : 'NotAdopting',
      message: describeHold({ ...ledger, hold: undefined }, unheard) ?? '',
      lastTransitionTime: null,
    },
    {
      type: 'Unrestored',
      status: unrestored !== '',
      reason: unrestored === '' ? 'NothingIsLeftSet' : 'GatesCannotRestore',
      message: unrestored,
      lastTransitionTime: null,
    },
  ];
}
