import type { Command } from 'commander';
import { withoutCommands } from '../../../common/acceptance.ts';
import type { Slot__Output } from '../../../proto/gen/uvs/v1/Slot.ts';
import { compareNaturally } from '../../../common/natural-order.ts';
import { formatTime } from '../../output/quantity.ts';
import type { Column } from '../../output/table.ts';
import { shortName } from '../arguments.ts';
import type { Context, Run } from '../context.ts';
import { showList } from '../show.ts';

export const slotColumns: readonly Column<Slot__Output>[] = [
  { title: 'Node Name', cell: (slot) => slot.hostname },
  { title: 'State', cell: slotState },
  { title: 'Operation', cell: (slot) => shortName(slot.operation) || '-' },
  { title: 'Rollout', cell: (slot) => shortName(slot.rollout) || '-' },
  { title: 'Granted', cell: (slot) => formatTime(slot.grantTime) },
  { title: 'Message', cell: (slot) => withoutCommands(slot.message) || '-' },
];

/** "SLOT_STATE_BEGUN" as people read it: "begun". */
export function slotState(slot: Slot__Output): string {
  return slot.state.replace(/^SLOT_STATE_/, '').toLowerCase();
}

/** `uvsctl slots list`: who holds the right to be out of service. */
export function addSlotsList(group: Command, run: Run): void {
  group.command('list').alias('ls').description('the nodes that hold the right to be out of service').action(run(listSlots));
}

async function listSlots(context: Context): Promise<void> {
  const { slots } = await context.api.call('uvs.v1.SlotService', 'ListSlots', {}, context.callLimits);
  const rows = slots.toSorted((a, b) => compareNaturally(a.hostname, b.hostname));
  showList(context, {
    json: { slots: rows },
    rows,
    columns: slotColumns,
    none: 'No slot is held: no node is out of service on account of UVS.',
  });
}
