import type {
  DrainRecord,
  HeldSlot,
  LedgerRecord,
  LimitRecord,
  Member,
  NodeRecord,
  RolloutPlanRecord,
  RolloutStateRecord,
  SlotRecord,
  StepRecord,
  SettingsRecord,
} from '../domain.ts';

/** A rollout with its steps by UID; a step that was never sent to its node has no record. */
export interface RolloutRecords {
  readonly plan: RolloutPlanRecord;
  state: RolloutStateRecord;
  readonly steps: Map<string, StepRecord>;
}

/**
 * What the leader keeps in memory of etcd. It alone writes these keys, and every decision compares the ledger's revision that the mirror
 * was read at, so that a stale mirror can decide nothing.
 */
export interface Mirror {
  epoch: string;
  /** Epochs whose place it has taken. */
  adoptedEpochs: readonly string[];
  ledger: LedgerRecord;
  /** Mod revision of the ledger's key. */
  ledgerRevision: number;
  readonly members: Map<string, Member>;
  readonly nodes: Map<string, NodeRecord>;
  /** All that are not free. */
  readonly slots: Map<string, HeldSlot>;
  /** What gates have set for nodes, by UID; also of nodes that are free again, until it is taken back. */
  readonly drains: Map<string, DrainRecord>;
  /** Of services, by their keys. */
  readonly limits: Map<string, LimitRecord>;
  readonly settings: Map<string, SettingsRecord>;
  /** Those that have not ended, and those that have while a node still holds a slot for them; the others stay in etcd. */
  readonly rollouts: Map<string, RolloutRecords>;
}

/** Puts a slot's record together with what its key says; the create revision is the token's, and stays as long as the key does. */
export function heldSlot(record: SlotRecord, epoch: string, createRevision: number, modRevision: number): HeldSlot {
  const token = { epoch: record.epoch ?? epoch, createRevision: record.rebuiltRevision ?? createRevision };
  return { ...record, token, createRevision, modRevision };
}

/** An aborted rollout has ended only once all its nodes are done with it. */
export function hasEnded(state: RolloutStateRecord): boolean {
  return state.endedAt !== undefined;
}

export function isSettled(step: StepRecord): boolean {
  return step.state === 'succeeded' || step.state === 'failed' || step.state === 'skipped';
}
