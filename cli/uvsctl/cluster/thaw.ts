import type { Command } from 'commander';
import type { Context, Run } from '../context.ts';
import { showDone } from '../show.ts';

/** `uvsctl thaw`: ends a freeze. */
export function addThaw(program: Command, run: Run): void {
  program.command('thaw').description('end a freeze').action(run(thaw));
}

async function thaw(context: Context): Promise<void> {
  const { cluster } = await context.api.call('uvs.v1.ClusterService', 'Thaw', { requestId: context.newRequestId() }, context.limits);
  showDone(context, cluster ?? {}, 'The cluster is no longer frozen.');
}
