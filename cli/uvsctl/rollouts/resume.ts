import type { Command } from 'commander';
import { resourceName, shortName, someText } from '../arguments.ts';
import type { Context, Run } from '../context.ts';
import { showDone } from '../show.ts';

/** `uvsctl rollouts resume`: goes on with a paused rollout. */
export function addRolloutsResume(group: Command, run: Run): void {
  group
    .command('resume')
    .description('go on with a paused rollout; failed nodes are tried again')
    .argument('<rollout>', 'its id')
    .option('--reason <text>', 'what was mended, for the audit log', someText)
    .action(run(resumeRollout));
}

async function resumeRollout(context: Context, id: string, { reason = '' }: { readonly reason?: string }): Promise<void> {
  const name = resourceName('rollouts', id);
  const { rollout: before } = await context.api.call('uvs.v1.RolloutService', 'GetRollout', { name }, context.callLimits);
  const request = { name, reason, requestId: context.newRequestId() };
  const { rollout } = await context.api.call('uvs.v1.RolloutService', 'ResumeRollout', request, context.callLimits);
  const what = before?.state === 'ROLLOUT_STATE_RUNNING' ? 'runs already: nothing was changed' : 'goes on';
  showDone(context, rollout ?? {}, `Rollout ${shortName(id)} ${what}. Watch it: uvsctl rollouts watch ${shortName(id)}`);
}
