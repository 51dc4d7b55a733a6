import type { Command } from 'commander';
import { UvsError } from '../../../common/errors.ts';
import { resourceName } from '../arguments.ts';
import type { Context, Run } from '../context.ts';
import { showDone } from '../show.ts';

/** `uvsctl nodes label`: sets and removes labels. */
export function addNodesLabel(group: Command, run: Run): void {
  group
    .command('label')
    .description('set labels (KEY=VALUE) or remove them (KEY-)')
    .argument('<node>', 'name or UID')
    .argument('<label...>', 'KEY=VALUE, or KEY- to remove it')
    .action(run(labelNode));
}

async function labelNode(context: Context, name: string, labels: readonly string[]): Promise<void> {
  const set: Record<string, string> = {};
  const remove: string[] = [];
  for (const label of labels) {
    const at = label.indexOf('=');
    if (at > 0) set[label.slice(0, at)] = label.slice(at + 1);
    else if (at === -1 && label.length > 1 && label.endsWith('-')) remove.push(label.slice(0, -1));
    else throw new UvsError('INVALID_ARGUMENT', `"${label}" is not a label`, { hint: 'Write KEY=VALUE to set one, KEY- to remove it.' });
  }
  const request = { name: resourceName('nodes', name), set, remove, requestId: context.newRequestId() };
  const { node } = await context.api.call('uvs.v1.NodeService', 'LabelNode', request, context.callLimits);
  const now = Object.entries(node?.labels ?? {})
    .map(([key, value]) => `${key}=${value}`)
    .sort()
    .join(' ');
  showDone(context, node ?? {}, `${node?.hostname ?? name} has ${now === '' ? 'no labels' : `the labels ${now}`} now.`);
}
