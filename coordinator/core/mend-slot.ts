import { isSameToken, type SlotToken } from '../../common/slot-token.ts';
import type { Introduced } from '../core.ts';
import type { HeldSlot, NodeRecord, SlotRecord } from '../domain.ts';
import type { Compare } from '../etcd/port.ts';
import { isDisturbing } from '../node-status.ts';
import { slotAfter } from '../slot-machine.ts';
import { keys } from '../state/keys.ts';
import type { Mirror } from '../state/mirror.ts';
import type { RecordChange } from '../state/record-change.ts';
import { misfit, stepOf } from './slot-ended.ts';
import { lostSlot, slotRecord, slotUnchanged } from './slot-records.ts';

export interface MendedSlot {
  readonly compares: readonly Compare[];
  readonly changes: readonly RecordChange[];
  readonly message: string;
}

/**
 * Finds what an agent remembers of its slot and etcd does not, which only an etcd that was put back has lost: the beginning of an operation
 * that is still open, or the end of one. The slot is mended, or made anew with the token that the agent holds, so that it counts and can end.
 * A beginning is believed only where etcd was adopted since: its token is good for nothing any more, so that nobody can write himself a slot to
 * act on.
 */
export function mendSlot(mirror: Mirror, node: NodeRecord, said: Introduced, wallMs: number): MendedSlot | undefined {
  const { uid } = node;
  const slot = mirror.slots.get(uid);
  const ended = slot === undefined ? undefined : endOf(mirror, slot, said);
  if (ended !== undefined) return ended;
  const open = said.openOperations.find(
    ({ token, phase }) => token !== undefined && mayBeLost(mirror, token) && (isDisturbing(phase) || phase === 'needs-operator'),
  );
  if (open?.token === undefined || slotAfter(slot?.state ?? 'free', 'rebuild') === undefined) return undefined;
  const { operation, token, phase } = open;
  if (slot?.operation === operation && isSameToken(token, slot.token)) {
    return {
      compares: slotUnchanged(slot),
      changes: [{ of: 'slot', record: { ...slotRecord(slot), state: 'begun', beganAt: wallMs }, lease: undefined }],
      message: `${operation}: begun (it had begun before etcd was put back: ${phase})`,
    };
  }
  const found = { operation, token, state: 'begun', outcome: undefined, outcomeMessage: undefined } as const;
  const record = lostSlot(node, found, stepOf(mirror, uid, operation)?.step.rollout ?? '', wallMs);
  return {
    compares: slot === undefined ? [{ on: 'create', key: keys.slot(uid), equals: 0 }] : slotUnchanged(slot),
    changes: [{ of: 'slot', record, lease: undefined }],
    message: `the slot for ${operation} was made anew from what its agent holds (${phase})`,
  };
}

/**
 * An agent tells there of ends alone whose report was answered, so that etcd has lost it, though nobody may have noticed. It is asked what the
 * report was asked.
 */
function endOf(mirror: Mirror, slot: HeldSlot, said: Introduced): MendedSlot | undefined {
  if (mirror.ledger.hold !== undefined) return undefined;
  const past = said.endedOperations.find(({ operation, token }) => operation === slot.operation && isSameToken(token, slot.token));
  if (past === undefined || slot.state === 'ended' || slotAfter(slot.state, 'end') === undefined) return undefined;
  const wrong = misfit(mirror, slot.uid, slot.rollout, past.outcome);
  const outcome = wrong === undefined ? past.outcome : 'needs-operator';
  const outcomeMessage = wrong ?? 'its agent had reported this end before, and etcd has lost it';
  const record: SlotRecord = { ...slotRecord(slot), state: 'ended', outcome, outcomeMessage };
  return {
    compares: slotUnchanged(slot),
    changes: [{ of: 'slot', record, lease: undefined }],
    message: `${slot.operation}: ${outcome} (${outcomeMessage})`,
  };
}

/**
 * An adoption makes a new epoch, and asks each node what it holds of those before. Which they were, etcd may have forgotten as well; of its own
 * epoch it has forgotten nothing.
 */
function mayBeLost({ epoch, adoptedEpochs, ledger }: Mirror, token: SlotToken): boolean {
  return token.epoch !== epoch && (ledger.isAdopting || adoptedEpochs.includes(token.epoch));
}
