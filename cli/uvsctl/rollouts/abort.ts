import type { Command } from 'commander';
import { resourceName, shortName, someText } from '../arguments.ts';
import { confirm } from '../confirm.ts';
import type { Context, Run } from '../context.ts';
import { showDone } from '../show.ts';

/** `uvsctl rollouts abort`: ends a rollout for good. */
export function addRolloutsAbort(group: Command, run: Run): void {
  group
    .command('abort')
    .description('end a rollout for good; nodes that have begun go on to their end')
    .argument('<rollout>', 'its id')
    .requiredOption('--reason <text>', 'why, for the others and for the audit log', someText)
    .option('--yes', 'do not ask')
    .action(run(abortRollout));
}

async function abortRollout(context: Context, id: string, options: { readonly reason: string; readonly yes?: true }): Promise<void> {
  await confirm(context, options.yes === true, `Abort the rollout ${shortName(id)} for good? (\`uvsctl rollouts pause\` can be undone.)`);
  const request = { name: resourceName('rollouts', id), reason: options.reason, requestId: context.newRequestId() };
  const { rollout } = await context.api.call('uvs.v1.RolloutService', 'AbortRollout', request, context.callLimits);
  showDone(context, rollout ?? {}, `Rollout ${shortName(id)} is aborted; nodes that had begun go on to their end.`);
}
