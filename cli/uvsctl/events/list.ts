import type { Command } from 'commander';
import type { Event__Output } from '../../../proto/gen/uvs/v1/Event.ts';
import { formatTime } from '../../output/quantity.ts';
import type { Column } from '../../output/table.ts';
import { wholeNumber } from '../arguments.ts';
import type { Context, Run } from '../context.ts';
import { allPages, pageSize } from '../pages.ts';
import { showList } from '../show.ts';
import { nameNode } from '../uids.ts';

const eventColumns: readonly Column<Event__Output>[] = [
  { title: 'Time', cell: (event) => formatTime(event.createTime) },
  { title: 'Actor', cell: (event) => named(event).actor },
  { title: 'Action', cell: (event) => event.action },
  { title: 'Resource', cell: (event) => named(event).resource },
  { title: 'Message', cell: (event) => named(event).message },
];

/** The name is that of the resource's node, and of the actor's where the resource is none. */
function named({ resource, actor, message, hostname }: Event__Output): Record<'resource' | 'actor' | 'message', string> {
  const [ofResource = '', ofActor = '', ofMessage = ''] = nameNode([resource, actor, message], hostname);
  return { resource: ofResource, actor: ofActor, message: ofMessage };
}

/** `uvsctl events list`: the audit log. */
export function addEventsList(group: Command, run: Run): void {
  group
    .command('list')
    .alias('ls')
    .description('the audit log, newest first')
    .option(
      '--resource <name>',
      'only of this resource and what is below it, e.g. nodes/demo151, rollouts/ID, packages/2.14.17, budgets or packageRoot',
    )
    .option('--limit <n>', 'only the newest N', wholeNumber(1, 1_000_000))
    .action(run(listEvents));
}

async function listEvents(context: Context, options: { readonly resource?: string; readonly limit?: number }): Promise<void> {
  const { limit = Infinity, resource = '' } = options;
  const events = await allPages(async (pageToken) => {
    const request = { pageSize: Math.min(pageSize, limit), pageToken, resource };
    const page = await context.api.call('uvs.v1.EventService', 'ListEvents', request, context.callLimits);
    return { items: page.events, nextPageToken: page.nextPageToken };
  }, limit);
  showList(context, { json: { events }, rows: events, columns: eventColumns, none: 'No events.' });
}
