import type { Command } from 'commander';
import type { Cluster__Output } from '../../../proto/gen/uvs/v1/Cluster.ts';
import { someText } from '../arguments.ts';
import type { Context, Run } from '../context.ts';
import { showDone } from '../show.ts';

/** `uvsctl thaw`: ends a freeze. */
export function addThaw(program: Command, run: Run): void {
  program
    .command('thaw')
    .description('end a freeze')
    .requiredOption('--reason <text>', 'why, for the audit log', someText)
    .action(run(thaw));
}

async function thaw(context: Context, { reason }: { readonly reason: string }): Promise<void> {
  const before = await context.api.call('uvs.v1.ClusterService', 'GetCluster', {}, context.callLimits);
  if (before.cluster !== null && !isFrozen(before.cluster)) {
    showDone(context, before.cluster, 'The cluster is not frozen: nothing to do.');
    return;
  }
  const { cluster } = await context.api.call(
    'uvs.v1.ClusterService',
    'Thaw',
    { reason, requestId: context.newRequestId() },
    context.callLimits,
  );
  showDone(context, cluster ?? {}, 'The cluster is no longer frozen.');
}

function isFrozen({ conditions }: Cluster__Output): boolean {
  return conditions.some(({ type, status }) => type === 'Frozen' && status);
}
