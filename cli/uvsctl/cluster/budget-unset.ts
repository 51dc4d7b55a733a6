import type { Command } from 'commander';
import { formatCount } from '../../output/quantity.ts';
import { someText } from '../arguments.ts';
import type { Context, Run } from '../context.ts';
import { showDone } from '../show.ts';

/** `uvsctl budget unset`: takes back what `budget set` said of a scope. */
export function addBudgetUnset(group: Command, run: Run): void {
  group
    .command('unset')
    .description('take back the budget of a scope: what then holds is the default, or the budget of the cluster alone')
    .argument('<scope>', '"cluster" or "role/NAME"')
    .requiredOption('--reason <text>', 'why, for the audit log', someText)
    .action(run(unsetBudget));
}

async function unsetBudget(context: Context, scope: string, { reason }: { readonly reason: string }): Promise<void> {
  const request = { scope, reason, requestId: context.newRequestId() };
  const { cluster } = await context.api.call('uvs.v1.ClusterService', 'UnsetBudget', request, context.callLimits);
  const fallback = cluster?.defaultBudgets[scope];
  const holds =
    fallback === undefined
      ? 'the budget of the cluster alone holds there'
      : `the default holds: ${formatCount(fallback, 'node')} down at most`;
  showDone(context, cluster ?? {}, `The scope ${scope} has no budget of its own any more: ${holds}.`);
}
