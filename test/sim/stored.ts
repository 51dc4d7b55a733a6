import type { DrainRecord, LedgerRecord, NodeRecord, RolloutPlanRecord, RolloutStateRecord, SlotRecord } from '../../coordinator/domain.ts';
import type { KeyValue } from '../../coordinator/etcd/port.ts';
import { keys, lastPart } from '../../coordinator/state/keys.ts';
import { parseRecord } from '../../coordinator/state/parse.ts';
import {
  drainSchema,
  epochSchema,
  ledgerSchema,
  nodeSchema,
  planSchema,
  rolloutStateSchema,
  slotSchema,
} from '../../coordinator/state/records.ts';
import type { Store } from './store.ts';

export interface StoredRollout {
  readonly id: string;
  readonly plan: RolloutPlanRecord;
  readonly state: RolloutStateRecord;
}

const ALL = { limit: 1_000 };

export function nodesIn(store: Store): readonly NodeRecord[] {
  return store.range(keys.nodes, ALL).entries.map((entry) => parseRecord(nodeSchema, entry));
}

export function slotsIn(store: Store): readonly SlotRecord[] {
  return store.range(keys.slots, ALL).entries.map(slotFrom);
}

export function drainsIn(store: Store): readonly DrainRecord[] {
  return store.range(keys.drains, ALL).entries.map((entry) => parseRecord(drainSchema, entry));
}

export function rolloutsIn(store: Store): readonly StoredRollout[] {
  const states = store.range(keys.rollouts, ALL).entries.filter(({ key }) => key.endsWith('/state'));
  return states.map((entry) => {
    const id = lastPart(entry.key.slice(0, -'/state'.length));
    return { id, plan: planIn(store, id), state: stateFrom(entry) };
  });
}

export function ledgerIn(store: Store): LedgerRecord {
  return ledgerFrom(store.get(keys.ledger));
}

export function epochIn(store: Store): string {
  return parseRecord(epochSchema, present(store.get(keys.epoch), 'an epoch')).epoch;
}

export function planIn(store: Store, rollout: string): RolloutPlanRecord {
  return parseRecord(planSchema, present(store.get(keys.rolloutPlan(rollout)), `the plan of ${rollout}`));
}

export function ledgerFrom(entry: KeyValue | undefined): LedgerRecord {
  return parseRecord(ledgerSchema, present(entry, 'the ledger'));
}

export function stateFrom(entry: KeyValue | undefined): RolloutStateRecord {
  return parseRecord(rolloutStateSchema, present(entry, 'the state of a rollout'));
}

export function slotFrom(entry: KeyValue): SlotRecord {
  return parseRecord(slotSchema, entry);
}

/** A record as if it were at a key of etcd. */
export function entryOf(key: string, value: string): KeyValue {
  return { key, value, createRevision: 0, modRevision: 0, lease: '0' };
}

function present(entry: KeyValue | undefined, what: string): KeyValue {
  if (entry === undefined) throw new Error(`etcd has not ${what}`);
  return entry;
}
