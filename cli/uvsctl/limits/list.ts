import type { Command } from 'commander';
import type { Limit__Output } from '../../../proto/gen/uvs/v1/Limit.ts';
import type { Column } from '../../output/table.ts';
import type { Context, Run } from '../context.ts';
import { showList } from '../show.ts';
import { scopeText } from '../declared/scope.ts';
import { valuesText } from './values.ts';

const columns: readonly Column<Limit__Output>[] = [
  { title: 'Scope', cell: scopeText },
  { title: 'Unit', cell: ({ unit }) => unit },
  { title: 'Limits', cell: ({ values }) => valuesText(values) },
];

/** `uvsctl limits list`: what was set. */
export function addLimitsList(group: Command, run: Run): void {
  group.command('list').alias('ls').description('the limits that were set, by scope').action(run(listLimits));
}

async function listLimits(context: Context): Promise<void> {
  const { limits } = await context.api.call('uvs.v1.LimitService', 'ListLimits', {}, context.callLimits);
  showList(context, { json: { limits }, rows: limits, columns, none: 'No limits are set: `uvsctl limits set` sets some.' });
}
