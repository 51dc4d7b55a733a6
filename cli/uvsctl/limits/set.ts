import type { Command } from 'commander';
import { limitNames } from '../../../common/limits/keys.ts';
import { parseLimitName, parseLimitValue } from '../../../common/limits/value.ts';
import { formatCount } from '../../output/quantity.ts';
import { someText } from '../arguments.ts';
import type { Context, Run } from '../context.ts';
import { withSelector, type SelectorOptions } from '../selector.ts';
import { showDone } from '../show.ts';
import { pairsOf } from '../declared/pairs.ts';
import { NO_NODE_YET, scopeOf, scopeText } from '../declared/scope.ts';
import { valuesText } from './values.ts';

const help = `
Limits: ${limitNames.join(', ')}.
Sizes are 512M or 3G, or 60% of the node's memory; CPUQuota is percent of one CPU (150%), or share:50% of all; infinity is no limit.
What holds at once is put in force at once; OOMScoreAdjust and LimitNOFILE hold from the service's next start (\`uvsctl restart\`).`;

interface SetOptions extends SelectorOptions {
  readonly reason: string;
}

/** `uvsctl limits set`: how much of a node a service may take. */
export function addLimitsSet(group: Command, run: Run): void {
  withSelector(
    group
      .command('set')
      .description('set how much of a node a service may take; what is not named stays')
      .argument('<unit>', '"ceph-osd@*", or one service by its name')
      .argument('<limit...>', 'NAME=VALUE, e.g. MemoryMax=60%'),
  )
    .requiredOption('--reason <text>', 'why, for the audit log', someText)
    .addHelpText('after', help)
    .action(run(setLimits));
}

async function setLimits(context: Context, unit: string, texts: readonly string[], options: SetOptions): Promise<void> {
  const scope = scopeOf(options);
  const request = { scope, unit, values: limitPairs(texts), reason: options.reason, requestId: context.newRequestId() };
  const { limit, nodes } = await context.api.call('uvs.v1.LimitService', 'SetLimits', request, context.callLimits);
  if (limit === null) return;
  const where = `In the scope ${scopeText(limit)}, ${formatCount(nodes, 'node')}, ${limit.unit} is to have ${valuesText(limit.values)}.`;
  showDone(context, limit, where);
  if (!context.isJson)
    context.terminal.note(nodes === 0 ? NO_NODE_YET : 'Nodes take it in seconds, or refuse it: `uvsctl limits show` tells.');
}

/** @throws UvsError INVALID_ARGUMENT */
export function limitPairs(texts: readonly string[]): Record<string, string> {
  return pairsOf(texts, 'a limit', 'Write NAME=VALUE, e.g. MemoryMax=60%; `uvsctl limits unset` takes one back.', (text, value) => {
    const name = parseLimitName(text);
    parseLimitValue(name, value);
    return [name, value];
  });
}
