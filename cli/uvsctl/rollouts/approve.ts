import type { Command } from 'commander';
import { resourceName, shortName, someText } from '../arguments.ts';
import type { Context, Run } from '../context.ts';
import { showDone } from '../show.ts';

/** `uvsctl rollouts approve`: lets the nodes after the canaries follow. */
export function addRolloutsApprove(group: Command, run: Run): void {
  group
    .command('approve')
    .description('let the nodes after the canaries follow now; only once the canaries have succeeded')
    .argument('<rollout>', 'its id')
    .requiredOption('--reason <text>', 'what was looked at, for the others and for the audit log', someText)
    .action(run(approveRollout));
}

async function approveRollout(context: Context, id: string, { reason }: { readonly reason: string }): Promise<void> {
  const request = { name: resourceName('rollouts', id), reason, requestId: context.newRequestId() };
  const { rollout } = await context.api.call('uvs.v1.RolloutService', 'ApproveRollout', request, context.callLimits);
  showDone(context, rollout ?? {}, `Rollout ${shortName(id)} goes on to the others. Watch it: uvsctl rollouts watch ${shortName(id)}`);
}
