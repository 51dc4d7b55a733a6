import type { SlotToken } from '../../common/slot-token.ts';
import type { HeldSlot, NodeRecord, RolloutStateRecord, SlotRecord, StepRecord } from '../domain.ts';
import type { Compare } from '../etcd/port.ts';
import type { Settlement } from '../rollout-step.ts';
import { rolesThatCount } from '../roles.ts';
import { keys } from '../state/keys.ts';

/** Holds only for the very slot that was read: lease, release and every other writer change it. */
export function slotUnchanged(slot: HeldSlot): Compare[] {
  return [
    { on: 'create', key: keys.slot(slot.uid), equals: slot.createRevision },
    { on: 'mod', key: keys.slot(slot.uid), equals: slot.modRevision },
  ];
}

/** Makes a slot anew that etcd has lost, with the token that its agent holds, so that it counts and can end. */
export function lostSlot(
  node: NodeRecord,
  found: Pick<SlotRecord, 'operation' | 'state' | 'outcome' | 'outcomeMessage'> & { readonly token: SlotToken },
  rollout: string,
  wallMs: number,
): SlotRecord {
  const { token, ...held } = found;
  return {
    uid: node.uid,
    ...held,
    rollout,
    grantedAt: wallMs,
    beganAt: wallMs,
    // it may have been rebooted since: nobody knows
    bootId: '',
    revocation: undefined,
    epoch: token.epoch,
    rebuiltRevision: token.createRevision,
    roles: rolesThatCount(node, undefined),
    removedNode: undefined,
  };
}

export function slotRecord({ token: _token, createRevision: _createRevision, modRevision: _modRevision, ...record }: HeldSlot): SlotRecord {
  return record;
}

/**
 * The step as it was settled. A failure counts for the attempt in which it showed, whenever its operation was staged: it pauses the rollout,
 * and only a resume after it tries the node again.
 */
export function settledStep(
  step: StepRecord,
  rollout: Pick<RolloutStateRecord, 'attempt'>,
  settlement: Settlement,
  message: string,
  wallMs: number,
): StepRecord {
  const attempt = settlement === 'failed' ? rollout.attempt : step.attempt;
  return { ...step, state: settlement, attempt, message, endedAt: settlement === 'pending' ? undefined : wallMs };
}
