import type { Command } from 'commander';
import { someText } from '../arguments.ts';
import type { Context, Run } from '../context.ts';
import { showDone } from '../show.ts';

/** `uvsctl freeze`: stops all beginnings at once. */
export function addFreeze(program: Command, run: Run): void {
  program
    .command('freeze')
    .description('begin no node anywhere, from now on; nodes that have begun go on to their end')
    .requiredOption('--reason <text>', 'why; shown wherever something waits for the thaw', someText)
    .action(run(freeze));
}

async function freeze(context: Context, { reason }: { readonly reason: string }): Promise<void> {
  const { cluster } = await context.api.call(
    'uvs.v1.ClusterService',
    'Freeze',
    { reason, requestId: context.newRequestId() },
    context.callLimits,
  );
  showDone(context, cluster ?? {}, 'The cluster is frozen: no node begins until `uvsctl thaw --reason …`.');
}
