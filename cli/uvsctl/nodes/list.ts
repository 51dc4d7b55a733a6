import type { Command } from 'commander';
import { compareNaturally } from '../../../common/natural-order.ts';
import type { Context, Run } from '../context.ts';
import { allPages, pageSize } from '../pages.ts';
import { selectorOf, withSelector, type SelectorOptions } from '../selector.ts';
import { showList } from '../show.ts';
import { nodeColumns } from './table.ts';

/** `uvsctl nodes list`: the node table. */
export function addNodesList(group: Command, run: Run): void {
  withSelector(group.command('list').alias('ls').description('the nodes with their addresses, roles and versions')).action(run(listNodes));
}

async function listNodes(context: Context, options: SelectorOptions): Promise<void> {
  const selector = selectorOf(options) ?? null;
  const nodes = await allPages(async (pageToken) => {
    const page = await context.api.call('uvs.v1.NodeService', 'ListNodes', { pageSize, pageToken, selector }, context.callLimits);
    return { items: page.nodes, nextPageToken: page.nextPageToken };
  });
  nodes.sort((a, b) => compareNaturally(a.hostname, b.hostname));
  showList(context, {
    json: { nodes },
    rows: nodes,
    columns: nodeColumns(nodes),
    none: 'No nodes. `uvsctl join-tokens create` makes a token for one.',
  });
}
