import type { Command } from 'commander';
import { compareNaturally } from '../../../common/natural-order.ts';
import type { LimitState__Output } from '../../../proto/gen/uvs/v1/LimitState.ts';
import type { NodeLimits__Output } from '../../../proto/gen/uvs/v1/NodeLimits.ts';
import { formatCount } from '../../output/quantity.ts';
import type { Column } from '../../output/table.ts';
import type { Context, Run } from '../context.ts';
import { allPages, pageSize } from '../pages.ts';
import { selectorOf, withSelector, type SelectorOptions } from '../selector.ts';
import { showList } from '../show.ts';

interface Row {
  readonly hostname: string;
  readonly unit: string;
  readonly state: string;
  readonly message: string;
}

const columns: readonly Column<Row>[] = [
  { title: 'Node Name', cell: ({ hostname }) => hostname },
  { title: 'Unit', cell: ({ unit }) => unit },
  { title: 'Limits', cell: ({ state }) => state },
  { title: 'Message', cell: ({ message }) => message || '-' },
];

/** `uvsctl limits show`: how it stands with the limits on nodes. */
export function addLimitsShow(group: Command, run: Run): void {
  withSelector(group.command('show').description('where limits are in force, where they are not, and why')).action(run(showStanding));
}

async function showStanding(context: Context, options: SelectorOptions): Promise<void> {
  const selector = selectorOf(options) ?? null;
  const nodes = await allPages(async (pageToken) => {
    const page = await context.api.call('uvs.v1.LimitService', 'ListNodeLimits', { pageSize, pageToken, selector }, context.limits);
    return { items: page.nodes, nextPageToken: page.nextPageToken };
  });
  nodes.sort((a, b) => compareNaturally(a.hostname, b.hostname));
  const rows = nodes.flatMap(rowsOf);
  showList(context, { json: { nodes }, rows, columns, none: 'No node has limits to keep: `uvsctl limits list` shows what was set.' });
  const open = rows.filter(({ state }) => state !== texts.LIMIT_STATE_IN_FORCE).length;
  if (!context.isJson && rows.length > 0)
    context.terminal.note(open === 0 ? 'All are in force.' : `${formatCount(open, 'line')} of ${rows.length} not in force.`);
}

function rowsOf({ hostname, units, message }: NodeLimits__Output): readonly Row[] {
  const whole = message === '' ? [] : [{ hostname, unit: '-', state: 'unknown', message }];
  return [
    ...whole,
    ...units.map(({ unit, state, message: why, mended }) => {
      const back = mended.length === 0 ? '' : `${mended.join(', ')} had been changed, and was put back`;
      return { hostname, unit, state: texts[state], message: [why, back].filter((part) => part !== '').join('; ') };
    }),
  ];
}

const texts: Readonly<Record<LimitState__Output, string>> = {
  LIMIT_STATE_UNSPECIFIED: 'unknown',
  LIMIT_STATE_IN_FORCE: 'in force',
  LIMIT_STATE_FROM_NEXT_START: 'from next start',
  LIMIT_STATE_UNMET: 'not in force',
  LIMIT_STATE_REFUSED: 'refused',
};
