import type { Command } from 'commander';
import { wholeNumber } from '../arguments.ts';
import type { Context, Run } from '../context.ts';
import { allPages, pageSize } from '../pages.ts';
import { showList } from '../show.ts';
import { rolloutColumns } from './table.ts';

/** `uvsctl rollouts list`. */
export function addRolloutsList(group: Command, run: Run): void {
  group
    .command('list')
    .alias('ls')
    .description('the rollouts, newest first')
    .option('--limit <n>', 'only the newest N', wholeNumber(1, 1_000_000))
    .action(run(listRollouts));
}

async function listRollouts(context: Context, options: { readonly limit?: number }): Promise<void> {
  const { limit = Infinity } = options;
  const rollouts = await allPages(async (pageToken) => {
    const request = { pageSize: Math.min(pageSize, limit), pageToken };
    const page = await context.api.call('uvs.v1.RolloutService', 'ListRollouts', request, context.callLimits);
    return { items: page.rollouts, nextPageToken: page.nextPageToken };
  }, limit);
  showList(context, { json: { rollouts }, rows: rollouts, columns: rolloutColumns, none: 'No rollouts. `uvsctl push` starts one.' });
}
