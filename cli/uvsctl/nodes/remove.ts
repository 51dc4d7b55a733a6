import type { Command } from 'commander';
import { resourceName, someText } from '../arguments.ts';
import { confirm, requireSomebodyToAsk } from '../confirm.ts';
import type { Context, Run } from '../context.ts';
import { showDone } from '../show.ts';
import { beforeLeaving, slotLeft } from './before-leaving.ts';

/** `uvsctl nodes remove`: forgets a node. */
export function addNodesRemove(group: Command, run: Run): void {
  group
    .command('remove')
    .alias('rm')
    .description('forget a node and withdraw its certificate; refused while it is, or may be, in the middle of something, unless forced')
    .argument('<node>', 'name or UID')
    .requiredOption('--reason <text>', 'why, for the audit log', someText)
    .option('--force', 'even so; what has begun, or may have, counts as down until the node is written off')
    .option('--node-is-powered-off', 'your word that the machine is off and can do nothing; --force takes it')
    .option('--yes', 'do not ask')
    .action(run(removeNode));
}

interface RemoveOptions {
  readonly reason: string;
  readonly force?: true;
  readonly nodeIsPoweredOff?: true;
  readonly yes?: true;
}

async function removeNode(context: Context, name: string, options: RemoveOptions): Promise<void> {
  const isYes = options.yes === true;
  requireSomebodyToAsk(context, isYes);
  if (!isYes) {
    const { who, warning } = await beforeLeaving(context, name);
    await confirm(context, isYes, `Remove ${who}?${warning} It must join again with a new token to come back.`);
  }
  const request = {
    name: resourceName('nodes', name),
    reason: options.reason,
    force: options.force === true,
    nodeIsPoweredOff: options.nodeIsPoweredOff === true,
    requestId: context.newRequestId(),
  };
  await context.api.call('uvs.v1.NodeService', 'RemoveNode', request, context.callLimits);
  // it is done, whatever comes of the question
  const left = await slotLeft(context, name).catch(() => undefined);
  const still = left === undefined ? '' : ` ${left.message.charAt(0).toUpperCase()}${left.message.slice(1)}`;
  showDone(context, {}, `${name} is removed and its certificate is withdrawn.${still}`);
}
