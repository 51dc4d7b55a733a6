import type { Command } from 'commander';
import { someText } from '../arguments.ts';
import { confirm } from '../confirm.ts';
import type { Context, Run } from '../context.ts';
import { showDone } from '../show.ts';

/** `uvsctl cluster adopt`: takes an etcd that was restored or rebuilt for the cluster's own. */
export function addClusterAdopt(group: Command, run: Run): void {
  group
    .command('adopt')
    .description('take an etcd that was restored or rebuilt for the cluster: a new epoch begins, and every node is asked what it holds')
    .requiredOption('--reason <text>', 'why, for the audit log', someText)
    .option('--yes', 'do not ask')
    .action(run(adopt));
}

async function adopt(context: Context, options: { readonly reason: string; readonly yes?: true }): Promise<void> {
  await confirm(context, options.yes === true, 'Adopt what etcd holds now? What was decided after its backup is lost.');
  const { cluster } = await context.api.call(
    'uvs.v1.ClusterService',
    'AdoptCluster',
    { reason: options.reason, requestId: context.newRequestId() },
    context.callLimits,
  );
  const adopting = cluster?.conditions.find(({ type, status }) => type === 'Adopting' && status);
  showDone(
    context,
    cluster ?? {},
    `etcd is adopted under the epoch ${cluster?.epoch ?? ''}. ${adopting === undefined || adopting.message === '' ? 'Every node has told what it holds.' : `Nothing is granted yet: ${adopting.message}.`}`,
  );
}
