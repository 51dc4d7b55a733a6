import type { Command } from 'commander';
import { resourceName, someText } from '../arguments.ts';
import { confirm } from '../confirm.ts';
import type { Context, Run } from '../context.ts';
import { showDone } from '../show.ts';

interface ReleaseOptions {
  readonly reason: string;
  readonly force?: true;
  readonly nodeIsPoweredOff?: true;
  readonly yes?: true;
}

/** `uvsctl slots release`: takes a node's slot back. */
export function addSlotsRelease(group: Command, run: Run): void {
  group
    .command('release')
    .description('take a slot back: its node puts its services back in order and acknowledges')
    .argument('<node>', 'name or UID')
    .requiredOption('--reason <text>', 'why, for the audit log', someText)
    .option('--force', 'without the acknowledgement: the rollout goes on, the node is quarantined and counts as down')
    .option('--node-is-powered-off', 'your word that the machine is off and can do nothing; --force takes it')
    .option('--yes', 'do not ask')
    .action(run(releaseSlot));
}

async function releaseSlot(context: Context, name: string, options: ReleaseOptions): Promise<void> {
  const question =
    options.force === true
      ? `Take the slot of ${name} by force? If the machine runs, it may go on with what it has begun.`
      : `Take the slot of ${name} back? What it has begun is given up.`;
  await confirm(context, options.yes === true, question);
  const request = {
    name: resourceName('slots', name),
    reason: options.reason,
    force: options.force === true,
    nodeIsPoweredOff: options.nodeIsPoweredOff === true,
    requestId: context.newRequestId(),
  };
  const { slot } = await context.api.call('uvs.v1.SlotService', 'ReleaseSlot', request, context.callLimits);
  const hostname = slot?.hostname ?? name;
  showDone(
    context,
    slot ?? {},
    slot === null
      ? `The slot of ${hostname} is free.`
      : slot.state === 'SLOT_STATE_QUARANTINED'
        ? `${hostname} is quarantined: it counts as down until its agent acknowledges, or until it is written off: \`uvsctl nodes write-off ${hostname} --node-is-powered-off --reason TEXT\`.`
        : `The slot of ${hostname} is revoked; it is freed once its agent has acknowledged and the node is healthy, and is in \`uvsctl slots list\` until then.`,
  );
}
