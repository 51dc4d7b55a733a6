import type { Command } from 'commander';
import { resourceName, someText } from '../arguments.ts';
import type { Context, Run } from '../context.ts';
import { showDone } from '../show.ts';

/** `uvsctl nodes cordon`: takes a node out of plans. */
export function addNodesCordon(group: Command, run: Run): void {
  group
    .command('cordon')
    .description('take a node out of plans; it then counts as down')
    .argument('<node>', 'name or UID')
    .requiredOption('--reason <text>', 'why, for the others and for the audit log', someText)
    .action(run(cordonNode));
}

async function cordonNode(context: Context, name: string, { reason }: { readonly reason: string }): Promise<void> {
  const request = { name: resourceName('nodes', name), reason, requestId: context.newRequestId() };
  const { node } = await context.api.call('uvs.v1.NodeService', 'CordonNode', request, context.callLimits);
  showDone(context, node ?? {}, `${node?.hostname ?? name} is cordoned: it takes part in no rollout and counts as down.`);
}
