import type { SlotToken } from '../common/slot-token.ts';
import type { HeldSlot } from './domain.ts';
import { hasEnded, type RolloutRecords } from './state/mirror.ts';

/** What the leader owes a slot beside what its rollout wants. */
export type SlotDuty =
  /** Tell the node that its slot was taken back; the end that it reports is the acknowledgement. */
  | { readonly kind: 'revoke'; readonly uid: string; readonly operation: string; readonly token: SlotToken; readonly reason: string }
  /** Free what has ended and no open rollout cares for: with evidence, as always. */
  | { readonly kind: 'free'; readonly uid: string; readonly operation: string };

/** Finds what is to be done for the slots that are held; there are never more of them than the budgets allow. */
export function slotDuties(slots: Iterable<HeldSlot>, rollouts: ReadonlyMap<string, RolloutRecords>): readonly SlotDuty[] {
  const duties: SlotDuty[] = [];
  for (const slot of slots) {
    const { uid, operation, token, state, revocation } = slot;
    if (state === 'revoked' || state === 'quarantined') {
      duties.push({ kind: 'revoke', uid, operation, token, reason: revocation?.reason ?? 'no reason was given' });
    } else if (state === 'ended' && slot.outcome !== 'needs-operator' && !isWanted(slot, rollouts)) {
      duties.push({ kind: 'free', uid, operation });
    }
  }
  return duties;
}

function isWanted({ uid, operation, rollout }: HeldSlot, rollouts: ReadonlyMap<string, RolloutRecords>): boolean {
  const records = rollouts.get(rollout);
  return records !== undefined && !hasEnded(records.state) && records.steps.get(uid)?.operation === operation;
}
