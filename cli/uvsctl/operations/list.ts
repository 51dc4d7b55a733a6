import type { Command } from 'commander';
import { resourceName, wholeNumber } from '../arguments.ts';
import type { Context, Run } from '../context.ts';
import { allPages, pageSize } from '../pages.ts';
import { showList } from '../show.ts';
import { operationColumns } from './table.ts';

/** `uvsctl operations list`. */
export function addOperationsList(group: Command, run: Run): void {
  group
    .command('list')
    .alias('ls')
    .description('what agents do and did, newest first')
    .option('--node <name>', 'only of this node')
    .option('--limit <n>', 'only the newest N', wholeNumber(1, 1_000_000))
    .action(run(listOperations));
}

async function listOperations(context: Context, options: { readonly node?: string; readonly limit?: number }): Promise<void> {
  const { limit = Infinity } = options;
  const node = options.node === undefined ? '' : resourceName('nodes', options.node);
  const operations = await allPages(async (pageToken) => {
    const request = { pageSize: Math.min(pageSize, limit), pageToken, node };
    const page = await context.api.call('uvs.v1.OperationService', 'ListOperations', request, context.callLimits);
    return { items: page.operations, nextPageToken: page.nextPageToken };
  }, limit);
  showList(context, { json: { operations }, rows: operations, columns: operationColumns, none: 'No operations.' });
}
