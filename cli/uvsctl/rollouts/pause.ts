import type { Command } from 'commander';
import { resourceName, shortName, someText } from '../arguments.ts';
import type { Context, Run } from '../context.ts';
import { showDone } from '../show.ts';

/** `uvsctl rollouts pause`: begins no further node. */
export function addRolloutsPause(group: Command, run: Run): void {
  group
    .command('pause')
    .description('begin no further node; nodes that have begun go on to their end')
    .argument('<rollout>', 'its id')
    .requiredOption('--reason <text>', 'why, for the others and for the audit log', someText)
    .action(run(pauseRollout));
}

async function pauseRollout(context: Context, id: string, { reason }: { readonly reason: string }): Promise<void> {
  const request = { name: resourceName('rollouts', id), reason, requestId: context.newRequestId() };
  const { rollout } = await context.api.call('uvs.v1.RolloutService', 'PauseRollout', request, context.callLimits);
  showDone(context, rollout ?? {}, `Rollout ${shortName(id)} is paused. Go on: uvsctl rollouts resume ${shortName(id)}`);
}
