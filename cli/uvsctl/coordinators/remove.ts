import type { Command } from 'commander';
import { someText } from '../arguments.ts';
import { confirm, requireSomebodyToAsk } from '../confirm.ts';
import type { Context, Run } from '../context.ts';
import { showDone } from '../show.ts';

interface RemoveOptions {
  readonly reason: string;
  readonly yes?: true;
}

/** `uvsctl coordinators remove`: takes one that will not come back off the list. */
export function addCoordinatorsRemove(group: Command, run: Run): void {
  group
    .command('remove')
    .alias('rm')
    .description('take a coordinator that will not come back off the list; refused while it runs')
    .argument('<coordinator>', 'its id')
    .requiredOption('--reason <text>', 'why, for the audit log', someText)
    .option('--yes', 'do not ask')
    .action(run(removeCoordinator));
}

async function removeCoordinator(context: Context, id: string, { reason, yes }: RemoveOptions): Promise<void> {
  const isYes = yes === true;
  requireSomebodyToAsk(context, isYes);
  await confirm(
    context,
    isYes,
    `Remove the coordinator ${id}? Uploads no longer wait for it. If it is started after all, it enters itself again.`,
  );
  const request = { id, reason, requestId: context.newRequestId() };
  const { cluster } = await context.api.call('uvs.v1.ClusterService', 'RemoveCoordinator', request, context.callLimits);
  showDone(
    context,
    cluster ?? {},
    `The coordinator ${id} is removed. Its certificate stays good until it is withdrawn (uvsctl credentials list).`,
  );
}
