import type { Command } from 'commander';
import { formatCount } from '../../output/quantity.ts';
import { someText } from '../arguments.ts';
import type { Context, Run } from '../context.ts';
import { NO_NODE_YET, scopeOf, scopeText } from '../declared/scope.ts';
import { withSelector, type SelectorOptions } from '../selector.ts';
import { showDone } from '../show.ts';
import { settingPairs, settingsText } from './pairs.ts';

const help = `
Settings: time-zone, ntp-servers (several with commas), sysctl.profile (storage, none), and sysctl.KEY; \`uvsctl settings keys\` explains each.
What is set is put in force at once, where nodes can; what they had before comes back with \`uvsctl settings unset\`.`;

interface SetOptions extends SelectorOptions {
  readonly reason: string;
}

/** `uvsctl settings set`: how the machines themselves are set. */
export function addSettingsSet(group: Command, run: Run): void {
  withSelector(
    group
      .command('set')
      .description('set time zone, NTP servers or kernel parameters; what is not named stays')
      .argument('<setting...>', 'NAME=VALUE, e.g. time-zone=Europe/Berlin'),
  )
    .requiredOption('--reason <text>', 'why, for the audit log', someText)
    .addHelpText('after', help)
    .action(run(setSettings));
}

async function setSettings(context: Context, texts: readonly string[], options: SetOptions): Promise<void> {
  const request = { scope: scopeOf(options), values: settingPairs(texts), reason: options.reason, requestId: context.newRequestId() };
  const { settings, nodes } = await context.api.call('uvs.v1.SettingService', 'SetSettings', request, context.callLimits);
  if (settings === null) return;
  showDone(context, settings, `In the scope ${scopeText(settings)}, ${formatCount(nodes, 'node')}: ${settingsText(settings.values)}.`);
  if (!context.isJson)
    context.terminal.note(nodes === 0 ? NO_NODE_YET : 'Nodes take it in seconds, or refuse it: `uvsctl settings show` tells.');
}
