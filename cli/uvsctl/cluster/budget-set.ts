import type { Command } from 'commander';
import { UvsError } from '../../../common/errors.ts';
import { formatCount } from '../../output/quantity.ts';
import { safeLine } from '../../../common/safe-text.ts';
import { someText, wholeNumber } from '../arguments.ts';
import type { Context, Run } from '../context.ts';
import { showDone } from '../show.ts';

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
  const { cluster } = await context.api.call('uvs.v1.ClusterService', 'SetBudget', request, context.callLimits);
  showDone(context, cluster ?? {}, `In the scope ${scope}, ${formatCount(nodes, 'node')} may be down at the same time now.`);
  const whole = cluster?.budgets['cluster'] ?? cluster?.defaultBudgets['cluster'];
  if (whole !== undefined && whole < nodes) {
    context.terminal.note(`The budget of the cluster holds as well, and it is ${whole}; only a parallel rollout may go above it.`);
  }
  const role = /^role\/(?<name>.+)$/u.exec(scope)?.groups?.['name'];
  if (role !== undefined && !(await hasNodes(context, role))) context.terminal.note(`No node has the role ${safeLine(role)} yet.`);
}

async function hasNodes({ api, callLimits }: Context, role: string): Promise<boolean> {
  try {
    const selector = { all: false, nodes: [], roles: [role], labels: {} };
    const { nodes } = await api.call('uvs.v1.NodeService', 'ListNodes', { pageSize: 1, selector }, callLimits);
    return nodes.length > 0;
  } catch (error) {
    if (error instanceof UvsError && error.reason === 'NOT_FOUND') return false;
    throw error;
  }
}
