import { UvsError } from '../../../common/errors.ts';
import type { ChangeForNodes__Output } from '../../../proto/gen/uvs/v1/ChangeForNodes.ts';
import { formatCount } from '../../output/quantity.ts';
import type { Column } from '../../output/table.ts';
import type { Context } from '../context.ts';
import { showList } from '../show.ts';

interface Row {
  readonly nodes: string;
  readonly name: string;
  readonly before: string;
  readonly after: string;
}

const columns: readonly Column<Row>[] = [
  { title: 'Nodes', cell: ({ nodes }) => nodes },
  { title: 'What', cell: ({ name }) => name },
  { title: 'Now', cell: ({ before }) => before || '-' },
  { title: 'Then', cell: ({ after }) => after || '-' },
];
/** So many are named on a line. */
const NAMED = 4;

/** Prints what would change, and on which nodes. @param foreseen what is known of whether they would take it, as sentences */
export function showPreview(
  context: Context,
  preview: { readonly changes: readonly ChangeForNodes__Output[]; readonly unchangedNodes: number },
  foreseen = 'Whether a node takes it, the node says once it is set.',
): void {
  const rows = preview.changes.flatMap((group) => {
    const nodes = nodesText(group);
    return group.changes.map(({ name, before, after }): Row => ({ nodes, name, before, after }));
  });
  const isEmpty = preview.unchangedNodes === 0;
  const none = isEmpty
    ? 'No node is in this scope: is it spelt as in `uvsctl nodes list`? Nothing would change.'
    : 'Nothing would change on any node.';
  showList(context, { json: preview, rows, columns, none });
  if (context.isJson) return;
  const { unchangedNodes } = preview;
  const unchanged = unchangedNodes === 0 ? '' : ` Nothing would change on ${formatCount(unchangedNodes, 'other node')} of the scope.`;
  if (rows.length > 0) context.terminal.note(`Nothing was changed.${unchanged} ${foreseen} "-" is not set.`);
}

/** Nobody is shown what taking everything back would do where it may be a value that was forgotten. */
export function nothingGiven(): UvsError {
  return new UvsError('INVALID_ARGUMENT', 'nothing is given that would be set', {
    hint: 'Give NAME=VALUE, or --unset to see what taking back would do.',
  });
}

/** The first of some nodes by their names, and how many there are. */
export function nodesText({ nodes, hostnames }: Pick<ChangeForNodes__Output, 'nodes' | 'hostnames'>): string {
  const named = hostnames.slice(0, NAMED).join(' ');
  return nodes <= NAMED ? named : `${named} … (${nodes})`;
}
