import type { Command } from 'commander';
import { resourceName, someText } from '../arguments.ts';
import type { Context, Run } from '../context.ts';
import { showDone } from '../show.ts';

/** `uvsctl nodes uncordon`: brings a node back into plans. */
export function addNodesUncordon(group: Command, run: Run): void {
  group
    .command('uncordon')
    .description('bring a cordoned node back')
    .argument('<node>', 'name or UID')
    .requiredOption('--reason <text>', 'why, for the audit log', someText)
    .action(run(uncordonNode));
}

async function uncordonNode(context: Context, name: string, { reason }: { readonly reason: string }): Promise<void> {
  const found = await context.api.call('uvs.v1.NodeService', 'GetNode', { name: resourceName('nodes', name) }, context.callLimits);
  if (found.node !== null && found.node.cordonReason === '') {
    showDone(context, found.node, `${found.node.hostname} is not cordoned: nothing to do.`);
    return;
  }
  const request = { name: resourceName('nodes', name), reason, requestId: context.newRequestId() };
  const { node } = await context.api.call('uvs.v1.NodeService', 'UncordonNode', request, context.callLimits);
  showDone(context, node ?? {}, `${node?.hostname ?? name} is no longer cordoned.`);
}
