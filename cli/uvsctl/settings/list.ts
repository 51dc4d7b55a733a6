import type { Command } from 'commander';
import type { Settings__Output } from '../../../proto/gen/uvs/v1/Settings.ts';
import type { Column } from '../../output/table.ts';
import type { Context, Run } from '../context.ts';
import { scopeText } from '../declared/scope.ts';
import { showList } from '../show.ts';
import { settingsText } from './pairs.ts';

const columns: readonly Column<Settings__Output>[] = [
  { title: 'Scope', cell: scopeText },
  { title: 'Settings', cell: ({ values }) => settingsText(values) },
];

/** `uvsctl settings list`: what was set. */
export function addSettingsList(group: Command, run: Run): void {
  group.command('list').alias('ls').description('the settings that were set, by scope').action(run(listSettings));
}

async function listSettings(context: Context): Promise<void> {
  const { settings } = await context.api.call('uvs.v1.SettingService', 'ListSettings', {}, context.callLimits);
  showList(context, { json: { settings }, rows: settings, columns, none: 'Nothing is set: `uvsctl settings set` sets something.' });
}
