import type { Command } from 'commander';
import { resourceName } from '../arguments.ts';
import type { Context, Run } from '../context.ts';
import { watchRollout } from '../watch/watch.ts';

/** `uvsctl rollouts watch`: shows a rollout as it happens. */
export function addRolloutsWatch(group: Command, run: Run): void {
  group
    .command('watch')
    .description('show a rollout as it happens, until it has ended or is paused; Ctrl-C stops only the watching')
    .argument('<rollout>', 'its id')
    .option('--through-pauses', 'keep watching while it is paused')
    .action(run(watch));
}

async function watch(context: Context, id: string, options: { readonly throughPauses?: true }): Promise<number> {
  const name = resourceName('rollouts', id);
  return await watchRollout(context, { name, isThroughPauses: options.throughPauses === true, isKnownToExist: false });
}
