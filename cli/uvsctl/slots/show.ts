import type { Command } from 'commander';
import type { Slot__Output } from '../../../proto/gen/uvs/v1/Slot.ts';
import { formatTime } from '../../output/quantity.ts';
import { resourceName, shortName } from '../arguments.ts';
import type { Context, Run } from '../context.ts';
import { showFields } from '../show.ts';
import { slotState } from './list.ts';

/** `uvsctl slots show`: one slot, and what is known of its node. */
export function addSlotsShow(group: Command, run: Run): void {
  group
    .command('show')
    .description("one node's slot, and what is known of the node")
    .argument('<node>', 'name or UID')
    .action(run(showSlot));
}

async function showSlot(context: Context, name: string): Promise<void> {
  const { slot } = await context.api.call('uvs.v1.SlotService', 'GetSlot', { name: resourceName('slots', name) }, context.callLimits);
  if (slot !== null) showOneSlot(context, slot);
}

/** Prints a slot field by field. */
export function showOneSlot(context: Context, slot: Slot__Output): void {
  showFields(context, slot, [
    ['Node Name', slot.hostname],
    ['UID', slot.nodeUid],
    ['State', slotState(slot)],
    ['Operation', shortName(slot.operation)],
    ['Rollout', shortName(slot.rollout)],
    ['Token', slot.token === null ? '' : `${slot.token.createRevision} of epoch ${slot.token.epoch}`],
    ['Granted', formatTime(slot.grantTime)],
    ['Begun', slot.beginTime === null ? '' : formatTime(slot.beginTime)],
    ['Taken back by', slot.revokedBy],
    ['Reason', slot.revokeReason],
    ['Held because', slot.message],
    ['Known', slot.known],
  ]);
}
