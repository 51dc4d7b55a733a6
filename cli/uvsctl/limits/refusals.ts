import type { LimitRefusal__Output } from '../../../proto/gen/uvs/v1/LimitRefusal.ts';
import type { PreviewLimitsResponse__Output } from '../../../proto/gen/uvs/v1/PreviewLimitsResponse.ts';
import { formatCount } from '../../output/quantity.ts';
import type { Column } from '../../output/table.ts';
import type { Context } from '../context.ts';
import { nodesText } from '../declared/preview-view.ts';
import { showList } from '../show.ts';

const columns: readonly Column<LimitRefusal__Output>[] = [
  { title: 'Would refuse', cell: nodesText },
  { title: 'Unit', cell: ({ unit }) => unit || 'all' },
  { title: 'Why', cell: ({ message }) => message, tone: () => 'warn' },
];

/** Says how many of the nodes that something would change on would refuse it, and of how many that is not known. */
export function foreseenText({
  changes,
  refusingNodes,
  answeredNodes,
}: Pick<PreviewLimitsResponse__Output, 'changes' | 'refusingNodes' | 'answeredNodes'>): string {
  const concerned = changes.reduce((count, { nodes }) => count + nodes, 0);
  const unknown = concerned - answeredNodes;
  const refusing =
    refusingNodes > 0
      ? `${formatCount(refusingNodes, 'node')} would refuse a part of it now; of a unit that is refused nothing is set, and it keeps what it has.`
      : answeredNodes > 0
        ? `${unknown > 0 ? formatCount(answeredNodes, 'node') : 'All of them'} would take it now.`
        : '';
  const silent =
    unknown > 0
      ? `${formatCount(unknown, 'node')} did not say: silent, or with an older agent; what they refuse they say once it is set.`
      : '';
  return [refusing, silent].filter((part) => part !== '').join(' ');
}

/** Prints what would be refused where; nothing where nothing would. */
export function showRefusals(context: Context, refusals: readonly LimitRefusal__Output[]): void {
  if (refusals.length > 0) showList(context, { json: {}, rows: refusals, columns, none: '' });
}
