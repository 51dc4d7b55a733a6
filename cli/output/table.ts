import type { Paint, Tone } from './colour.ts';
import { safeLine } from '../../common/safe-text.ts';
import { cutText, padText, textWidth } from './text-width.ts';

/** One column of a table. */
export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => string;
  readonly align?: 'left' | 'right';
  /** How to colour a cell. */
  readonly tone?: (row: Row) => Tone | undefined;
}

export interface TableLook {
  /** Columns of the terminal; undefined: nothing is cut (a file or a pipe). */
  readonly columns: number | undefined;
  readonly paint: Paint;
}

const gap = '  ';
/** A last column that is cut to less than this says nothing; then the terminal may wrap it. */
const minLastColumns = 24;

/** Lays out a table with a heading; cells are made safe to print, and cut in the last column where the terminal is narrow. */
export function tableLines<Row>(columns: readonly Column<Row>[], rows: readonly Row[], look: TableLook): string[] {
  const cells = rows.map((row) => columns.map((column) => safeLine(column.cell(row))));
  const widths = columns.map((column, index) =>
    cells.reduce((widest, line) => Math.max(widest, textWidth(line[index] ?? '')), textWidth(column.title)),
  );
  const last = columns.length - 1;
  if (look.columns !== undefined) {
    const before = widths.slice(0, last).reduce((sum, width) => sum + width + gap.length, 0);
    widths[last] = Math.min(widths[last] ?? 0, Math.max(minLastColumns, look.columns - before));
  }
  const line = (texts: readonly string[], tones: readonly (Tone | undefined)[]): string =>
    texts
      .map((text, index) => {
        const cut = cutText(text, widths[index] ?? 0);
        const align = columns[index]?.align ?? 'left';
        // The fill stays outside the colour, and nothing trails the last column.
        const fill = index === last && align === 'left' ? '' : padText('', (widths[index] ?? 0) - textWidth(cut));
        const tone = tones[index];
        const coloured = tone === undefined ? cut : look.paint(tone, cut);
        return align === 'left' ? coloured + fill : fill + coloured;
      })
      .join(gap)
      .trimEnd();
  const heading = line(
    columns.map((column) => column.title),
    columns.map(() => 'strong'),
  );
  return [
    heading,
    ...rows.map((row, index) =>
      line(
        cells[index] ?? [],
        columns.map((column) => column.tone?.(row)),
      ),
    ),
  ];
}
