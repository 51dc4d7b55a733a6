import { compareNaturally } from '../../../common/natural-order.ts';
import { formatCount, formatTime } from '../../output/quantity.ts';
import type { Context } from '../context.ts';
import { allPages, pageSize } from '../pages.ts';
import { selectorOf, type SelectorOptions } from '../selector.ts';
import { showList } from '../show.ts';
import type { Selector } from '../../../proto/gen/uvs/v1/Selector.ts';
import type { Column } from '../../output/table.ts';

interface Page<Node> {
  readonly nodes: Node[];
  readonly nextPageToken: string;
}

interface Mended {
  readonly mended: readonly string[];
  readonly mendTime: Parameters<typeof formatTime>[0];
}

/** How a kind of what is declared is told of. */
export interface StandingView<Node, Row> {
  readonly ask: (request: { pageSize: number; pageToken: string; selector: Selector | null }) => Promise<Page<Node>>;
  readonly rowsOf: (node: Node) => readonly Row[];
  readonly columns: readonly Column<Row>[];
  readonly isInForce: (row: Row) => boolean;
  /** What is to be known of such rows beside them; '' where that is nothing. */
  readonly about?: (rows: readonly Row[]) => string;
  readonly none: string;
}

/** Prints how it stands on nodes with what is declared for them. */
export async function showStanding<Node extends { readonly hostname: string }, Row>(
  context: Context,
  options: SelectorOptions,
  view: StandingView<Node, Row>,
): Promise<void> {
  const selector = selectorOf(options) ?? null;
  const nodes = await allPages(async (pageToken) => {
    const page = await view.ask({ pageSize, pageToken, selector });
    return { items: page.nodes, nextPageToken: page.nextPageToken };
  });
  nodes.sort((a, b) => compareNaturally(a.hostname, b.hostname));
  const rows = nodes.flatMap(view.rowsOf);
  showList(context, { json: { nodes }, rows, columns: view.columns, none: view.none });
  const open = rows.filter((row) => !view.isInForce(row)).length;
  if (context.isJson || rows.length === 0) return;
  const sum = open === 0 ? 'All are in force.' : `${formatCount(open, 'line')} of ${rows.length} not in force.`;
  context.terminal.note([sum, view.about?.(rows) ?? ''].filter((part) => part !== '').join(' '));
}

/** What is said besides the state. @param mended names of what was found changed last; `mendTime` is null of a coordinator that does not say when */
export function messageOf(why: string, { mended, mendTime }: Mended): string {
  const at = mendTime === null ? '' : ` at ${formatTime(mendTime)}`;
  const back = mended.length === 0 ? '' : `${mended.join(', ')} had been changed, and was put back${at}`;
  return [why, back].filter((part) => part !== '').join('; ');
}
