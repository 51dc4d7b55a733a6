import type { Command } from 'commander';
import type { NodeSettings__Output } from '../../../proto/gen/uvs/v1/NodeSettings.ts';
import type { SettingState__Output } from '../../../proto/gen/uvs/v1/SettingState.ts';
import type { Column } from '../../output/table.ts';
import type { Context, Run } from '../context.ts';
import { messageOf, showStanding } from '../declared/standing-view.ts';
import { withSelector, type SelectorOptions } from '../selector.ts';
import { settingsText } from './pairs.ts';

interface Row {
  readonly hostname: string;
  readonly setting: string;
  readonly state: string;
  readonly message: string;
}

const columns: readonly Column<Row>[] = [
  { title: 'Node Name', cell: ({ hostname }) => hostname },
  { title: 'Setting', cell: ({ setting }) => setting },
  { title: 'State', cell: ({ state }) => state },
  { title: 'Message', cell: ({ message }) => message || '-' },
];

/** `uvsctl settings show`: how it stands with the settings on nodes. */
export function addSettingsShow(group: Command, run: Run): void {
  withSelector(group.command('show').description('where settings are in force, where they are not, and why')).action(run(showSettings));
}

async function showSettings(context: Context, options: SelectorOptions): Promise<void> {
  await showStanding(context, options, {
    ask: async (request) => await context.api.call('uvs.v1.SettingService', 'ListNodeSettings', request, context.callLimits),
    rowsOf,
    columns,
    isInForce: ({ state }) => state === texts.SETTING_STATE_IN_FORCE,
    none: 'No node has settings to keep: `uvsctl settings list` shows what was set.',
  });
}

function rowsOf({ hostname, settings, message }: NodeSettings__Output): readonly Row[] {
  const whole = message === '' ? [] : [{ hostname, setting: '-', state: 'unknown', message }];
  return [
    ...whole,
    ...settings.map((each) => ({
      hostname,
      setting: settingsText({ [each.name]: each.value }),
      state: texts[each.state],
      message: messageOf(each.message, each),
    })),
  ];
}

const texts: Readonly<Record<SettingState__Output, string>> = {
  SETTING_STATE_UNSPECIFIED: 'unknown',
  SETTING_STATE_IN_FORCE: 'in force',
  SETTING_STATE_WAITING: 'waiting',
  SETTING_STATE_UNMET: 'not in force',
  SETTING_STATE_REFUSED: 'refused',
};
