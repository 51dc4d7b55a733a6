import type { Mirror } from '../../coordinator/state/mirror.ts';

/** What a leader keeps of an etcd with nothing in it but what is given. */
export function mirrorOf(given: Partial<Mirror> = {}): Mirror {
  return {
    epoch: 'e',
    adoptedEpochs: [],
    ledger: { seq: 1, nodeEntries: 0, requestId: '', freezeReason: undefined, budgets: {}, hold: undefined, isAdopting: false },
    ledgerRevision: 1,
    members: new Map(),
    nodes: new Map(),
    slots: new Map(),
    drains: new Map(),
    limits: new Map(),
    settings: new Map(),
    rollouts: new Map(),
    ...given,
  };
}
