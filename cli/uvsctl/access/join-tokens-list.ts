import type { Command } from 'commander';
import type { JoinToken__Output } from '../../../proto/gen/uvs/v1/JoinToken.ts';
import { formatDuration } from '../../output/quantity.ts';
import type { Column } from '../../output/table.ts';
import { shortName } from '../arguments.ts';
import type { Context, Run } from '../context.ts';
import { showList } from '../show.ts';

const tokenColumns: readonly Column<JoinToken__Output>[] = [
  { title: 'Token', cell: (token) => shortName(token.name) },
  { title: 'Uses left', cell: (token) => String(token.usesLeft), align: 'right' },
  { title: 'Ends in', cell: (token) => formatDuration(Number(token.ttlSeconds) * 1000), align: 'right' },
];

/** `uvsctl join-tokens list`. */
export function addJoinTokensList(group: Command, run: Run): void {
  group.command('list').alias('ls').description('the tokens that still live').action(run(listJoinTokens));
}

async function listJoinTokens(context: Context): Promise<void> {
  const { joinTokens } = await context.api.call('uvs.v1.EnrolmentService', 'ListJoinTokens', {}, context.callLimits);
  showList(context, { json: { joinTokens }, rows: joinTokens, columns: tokenColumns, none: 'No join token lives.' });
}
