import type { Command } from 'commander';
import { someText, wholeNumber } from '../arguments.ts';
import type { Context, Run } from '../context.ts';
import { showDone } from '../show.ts';
import { formatCount } from '../../output/quantity.ts';

/** `uvsctl budget set`: how many nodes of a scope may be down at once. */
export function addBudgetSet(group: Command, run: Run): void {
  group
    .command('set')
    .description('how many nodes of a scope may be down at the same time')
    .argument('<scope>', '"cluster" or "role/NAME"')
    .argument('<nodes>', 'at least 1', wholeNumber(1, 10_000))
    .requiredOption('--reason <text>', 'why, for the audit log', someText)
    .action(run(setBudget));
}

async function setBudget(context: Context, scope: string, nodes: number, { reason }: { readonly reason: string }): Promise<void> {
  const request = { scope, nodes, reason, requestId: context.newRequestId() };
  const { cluster } = await context.api.call('uvs.v1.ClusterService', 'SetBudget', request, context.limits);
  showDone(context, cluster ?? {}, `In the scope ${scope}, ${formatCount(nodes, 'node')} may be down at the same time now.`);
}
