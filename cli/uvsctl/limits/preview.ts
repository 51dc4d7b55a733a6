import type { Command } from 'commander';
import type { Context, Run } from '../context.ts';
import { nothingGiven, showPreview } from '../declared/preview-view.ts';
import { scopeOf } from '../declared/scope.ts';
import { withSelector, type SelectorOptions } from '../selector.ts';
import { foreseenText, showRefusals } from './refusals.ts';
import { limitPairs } from './set.ts';

interface PreviewOptions extends SelectorOptions {
  readonly unset?: boolean;
}

/** `uvsctl limits preview`: what `limits set`, or `unset`, would change, and where. */
export function addLimitsPreview(group: Command, run: Run): void {
  withSelector(
    group
      .command('preview')
      .description('what setting or taking back would change, and on which nodes; nothing is changed')
      .argument('<unit>', '"ceph-osd@*", or one service by its name')
      .argument('[limits...]', 'NAME=VALUE; with --unset names, or none for all of the unit in that scope'),
  )
    .option('--unset', 'they would be taken back')
    .action(run(previewLimits));
}

async function previewLimits(context: Context, unit: string, texts: readonly string[], options: PreviewOptions): Promise<void> {
  const scope = scopeOf(options);
  const isUnset = options.unset === true;
  if (!isUnset && texts.length === 0) throw nothingGiven();
  const change = isUnset ? { values: {}, unset: [...texts] } : { values: limitPairs(texts), unset: [] };
  const preview = await context.api.call('uvs.v1.LimitService', 'PreviewLimits', { scope, unit, ...change }, context.callLimits);
  showPreview(context, preview, foreseenText(preview));
  if (!context.isJson) showRefusals(context, preview.refusals);
}
