import type { Command } from 'commander';
import { resourceName, someText } from '../arguments.ts';
import type { Context, Run } from '../context.ts';
import { showDone } from '../show.ts';

/** `uvsctl nodes accept-roles`: lets the roles that a node says of itself count, and no others. */
export function addNodesAcceptRoles(group: Command, run: Run): void {
  group
    .command('accept-roles')
    .description('let the roles count that the node says it has by now')
    .argument('<node>', 'name or UID')
    .requiredOption('--reason <text>', 'why, for the audit log', someText)
    .action(run(acceptRoles));
}

async function acceptRoles(context: Context, name: string, { reason }: { readonly reason: string }): Promise<void> {
  const found = await context.api.call('uvs.v1.NodeService', 'GetNode', { name: resourceName('nodes', name) }, context.callLimits);
  if (found.node?.rolesUnaccepted === false) {
    showDone(context, found.node, `${found.node.hostname} counts by the roles that it says: nothing to do.`);
    return;
  }
  const roles = found.node?.roles ?? [];
  const request = { name: resourceName('nodes', name), roles, reason, requestId: context.newRequestId() };
  const { node } = await context.api.call('uvs.v1.NodeService', 'AcceptRoles', request, context.callLimits);
  showDone(context, node ?? {}, `${node?.hostname ?? name} counts as ${roles.join(' ') || 'none'} from now on.`);
}
