import type { Command } from 'commander';
import { resourceName, someText } from '../arguments.ts';
import { confirm, requireSomebodyToAsk } from '../confirm.ts';
import type { Context, Run } from '../context.ts';
import { showDone } from '../show.ts';
import { beforeLeaving } from './before-leaving.ts';

interface WriteOffOptions {
  readonly reason: string;
  readonly nodeIsPoweredOff?: true;
  readonly yes?: true;
}

/** `uvsctl nodes write-off`: stops counting and waiting for a node that will never come back. */
export function addNodesWriteOff(group: Command, run: Run): void {
  group
    .command('write-off')
    .description('stop counting a node that will never come back, and forget it; also one that was removed by force')
    .argument('<node>', 'name or UID')
    .requiredOption('--reason <text>', 'why, for the audit log', someText)
    .option('--node-is-powered-off', 'your word that the machine is off and can do nothing; it is needed')
    .option('--yes', 'do not ask')
    .action(run(writeOffNode));
}

async function writeOffNode(context: Context, name: string, options: WriteOffOptions): Promise<void> {
  const isYes = options.yes === true;
  requireSomebodyToAsk(context, isYes);
  if (!isYes) {
    const { who, warning } = await beforeLeaving(context, name);
    await confirm(context, isYes, `Write off ${who}?${warning} It no longer counts as down, whatever it had begun.`);
  }
  const request = {
    name: resourceName('nodes', name),
    reason: options.reason,
    nodeIsPoweredOff: options.nodeIsPoweredOff === true,
    requestId: context.newRequestId(),
  };
  await context.api.call('uvs.v1.NodeService', 'WriteOffNode', request, context.callLimits);
  showDone(context, {}, `${name} is written off: it is counted and waited for no longer.`);
}
