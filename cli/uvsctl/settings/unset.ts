import type { Command } from 'commander';
import { parseSettingName } from '../../../common/settings/value.ts';
import { someText } from '../arguments.ts';
import type { Context, Run } from '../context.ts';
import { scopeOf, scopeText } from '../declared/scope.ts';
import { withSelector, type SelectorOptions } from '../selector.ts';
import { showDone } from '../show.ts';
import { settingsText } from './pairs.ts';

interface UnsetOptions extends SelectorOptions {
  readonly reason: string;
}

/** `uvsctl settings unset`: takes back what `settings set` said. */
export function addSettingsUnset(group: Command, run: Run): void {
  withSelector(
    group
      .command('unset')
      .description('take settings back: then a wider scope holds, or what the node had before')
      .argument('[names...]', 'e.g. time-zone; without any, all of the scope'),
  )
    .requiredOption('--reason <text>', 'why, for the audit log', someText)
    .action(run(unsetSettings));
}

async function unsetSettings(context: Context, texts: readonly string[], options: UnsetOptions): Promise<void> {
  const scope = scopeOf(options);
  const request = { scope, names: texts.map(parseSettingName), reason: options.reason, requestId: context.newRequestId() };
  const { settings } = await context.api.call('uvs.v1.SettingService', 'UnsetSettings', request, context.callLimits);
  const left =
    settings === null
      ? `In the scope ${scope}, nothing is set any more.`
      : `In the scope ${scopeText(settings)}: ${settingsText(settings.values)}.`;
  showDone(context, settings ?? {}, left);
}
