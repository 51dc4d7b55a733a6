import type { Command } from 'commander';
import { someText } from '../arguments.ts';
import type { Context, Run } from '../context.ts';
import { withSelector, type SelectorOptions } from '../selector.ts';
import { showDone } from '../show.ts';
import { scopeOf, scopeText } from '../declared/scope.ts';
import { valuesText } from './values.ts';

interface UnsetOptions extends SelectorOptions {
  readonly reason: string;
}

/** `uvsctl limits unset`: takes back what `limits set` said. */
export function addLimitsUnset(group: Command, run: Run): void {
  withSelector(
    group
      .command('unset')
      .description('take limits back: then a wider scope holds, or what the service brings itself')
      .argument('<unit>', 'as it was set')
      .argument('[names...]', 'e.g. MemoryMax; without any, all of the unit in that scope'),
  )
    .requiredOption('--reason <text>', 'why, for the audit log', someText)
    .action(run(unsetLimits));
}

async function unsetLimits(context: Context, unit: string, names: readonly string[], options: UnsetOptions): Promise<void> {
  const scope = scopeOf(options);
  const request = { scope, unit, names: [...names], reason: options.reason, requestId: context.newRequestId() };
  const { limit } = await context.api.call('uvs.v1.LimitService', 'UnsetLimits', request, context.callLimits);
  const left =
    limit === null
      ? `In the scope ${scope}, nothing is set of ${unit} any more.`
      : `In the scope ${scopeText(limit)}, ${limit.unit} is to have ${valuesText(limit.values)}.`;
  showDone(context, limit ?? {}, left);
}
