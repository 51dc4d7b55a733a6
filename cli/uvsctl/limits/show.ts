import type { Command } from 'commander';
import type { LimitState__Output } from '../../../proto/gen/uvs/v1/LimitState.ts';
import type { NodeLimits__Output } from '../../../proto/gen/uvs/v1/NodeLimits.ts';
import type { Column } from '../../output/table.ts';
import type { Context, Run } from '../context.ts';
import { messageOf, showStanding } from '../declared/standing-view.ts';
import { withSelector, type SelectorOptions } from '../selector.ts';

interface Row {
  readonly hostname: string;
  readonly unit: string;
  readonly state: string;
  readonly message: string;
}

const columns: readonly Column<Row>[] = [
  { title: 'Node Name', cell: ({ hostname }) => hostname },
  { title: 'Unit', cell: ({ unit }) => unit },
  { title: 'State', cell: ({ state }) => state },
  { title: 'Message', cell: ({ message }) => message || '-' },
];

/** `uvsctl limits show`: how it stands with the limits on nodes. */
export function addLimitsShow(group: Command, run: Run): void {
  withSelector(group.command('show').description('where limits are in force, where they are not, and why')).action(run(showLimits));
}

async function showLimits(context: Context, options: SelectorOptions): Promise<void> {
  await showStanding(context, options, {
    ask: async (request) => await context.api.call('uvs.v1.LimitService', 'ListNodeLimits', request, context.callLimits),
    rowsOf,
    columns,
    isInForce: ({ state }) => state === texts.LIMIT_STATE_IN_FORCE,
    about: (rows) =>
      rows.some(({ state }) => state === texts.LIMIT_STATE_REFUSED)
        ? 'Of a unit that is refused nothing new is set: it keeps what it had.'
        : '',
    none: 'No node has limits to keep: `uvsctl limits list` shows what was set. A pattern is for units that run there, or have it already.',
  });
}

function rowsOf({ hostname, units, message }: NodeLimits__Output): readonly Row[] {
  const whole = message === '' ? [] : [{ hostname, unit: '-', state: 'unknown', message }];
  return [
    ...whole,
    ...units.map((each) => ({ hostname, unit: each.unit, state: texts[each.state], message: messageOf(each.message, each) })),
  ];
}

const texts: Readonly<Record<LimitState__Output, string>> = {
  LIMIT_STATE_UNSPECIFIED: 'unknown',
  LIMIT_STATE_IN_FORCE: 'in force',
  LIMIT_STATE_FROM_NEXT_START: 'from next start',
  LIMIT_STATE_UNMET: 'not in force',
  LIMIT_STATE_REFUSED: 'refused',
};
