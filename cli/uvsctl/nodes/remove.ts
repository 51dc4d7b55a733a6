import type { Command } from 'commander';
import { resourceName, someText } from '../arguments.ts';
import { confirm } from '../confirm.ts';
import type { Context, Run } from '../context.ts';
import { showDone } from '../show.ts';

/** `uvsctl nodes remove`: forgets a node. */
export function addNodesRemove(group: Command, run: Run): void {
  group
    .command('remove')
    .alias('rm')
    .description('forget a node and withdraw its certificate; refused while it holds a slot')
    .argument('<node>', 'name or UID')
    .requiredOption('--reason <text>', 'why, for the audit log', someText)
    .option('--yes', 'do not ask')
    .action(run(removeNode));
}

async function removeNode(context: Context, name: string, options: { readonly reason: string; readonly yes?: true }): Promise<void> {
  await confirm(context, options.yes === true, `Remove ${name}? It must join again with a new token to come back.`);
  const request = { name: resourceName('nodes', name), reason: options.reason, requestId: context.newRequestId() };
  await context.api.call('uvs.v1.NodeService', 'RemoveNode', request, context.limits);
  showDone(context, {}, `${name} is removed and its certificate is withdrawn.`);
}
