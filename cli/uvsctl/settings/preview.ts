import type { Command } from 'commander';
import { parseSettingName } from '../../../common/settings/value.ts';
import type { Context, Run } from '../context.ts';
import { nothingGiven, showPreview } from '../declared/preview-view.ts';
import { scopeOf } from '../declared/scope.ts';
import { withSelector, type SelectorOptions } from '../selector.ts';
import { settingPairs } from './pairs.ts';

interface PreviewOptions extends SelectorOptions {
  readonly unset?: boolean;
}

/** `uvsctl settings preview`: what `settings set`, or `unset`, would change, and where. */
export function addSettingsPreview(group: Command, run: Run): void {
  withSelector(
    group
      .command('preview')
      .description('what setting or taking back would change, and on which nodes; nothing is changed')
      .argument('[settings...]', 'NAME=VALUE; with --unset names, or none for all of the scope'),
  )
    .option('--unset', 'they would be taken back')
    .action(run(previewSettings));
}

async function previewSettings(context: Context, texts: readonly string[], options: PreviewOptions): Promise<void> {
  const scope = scopeOf(options);
  const isUnset = options.unset === true;
  if (!isUnset && texts.length === 0) throw nothingGiven();
  const change = isUnset ? { values: {}, unset: texts.map(parseSettingName) } : { values: settingPairs(texts), unset: [] };
  showPreview(context, await context.api.call('uvs.v1.SettingService', 'PreviewSettings', { scope, ...change }, context.callLimits));
}
