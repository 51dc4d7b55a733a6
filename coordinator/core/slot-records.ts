import type { HeldSlot, SlotRecord, StepRecord } from '../domain.ts';
import type { Compare } from '../etcd/port.ts';
import type { Settlement } from '../rollout-step.ts';
import { keys } from '../state/keys.ts';

/** Holds only for the very slot that was read: lease, release and every other writer change it. */
export function slotUnchanged(slot: HeldSlot): Compare[] {
  return [
    { on: 'create', key: keys.slot(slot.uid), equals: slot.token.createRevision },
    { on: 'mod', key: keys.slot(slot.uid), equals: slot.modRevision },
  ];
}

export function slotRecord({ token: _token, modRevision: _modRevision, ...record }: HeldSlot): SlotRecord {
  return record;
}

export function settledStep(step: StepRecord, settlement: Settlement, message: string, wallMs: number): StepRecord {
  return { ...step, state: settlement, message, endedAt: settlement === 'pending' ? undefined : wallMs };
}
