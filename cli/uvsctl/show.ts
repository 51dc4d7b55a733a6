import { jsonDocument } from '../output/json.ts';
import { safeLine } from '../../common/safe-text.ts';
import { tableLines, type Column } from '../output/table.ts';
import { padText, textWidth } from '../output/text-width.ts';
import type { Context } from './context.ts';

/** Prints a list: the message as JSON, or a table of its items. Says so on standard error where there are none. */
export function showList<Row>(
  { terminal, isJson }: Context,
  list: { readonly json: object; readonly rows: readonly Row[]; readonly columns: readonly Column<Row>[]; readonly none: string },
): void {
  if (isJson) {
    terminal.write(jsonDocument(list.json));
  } else if (list.rows.length === 0) {
    terminal.note(list.none);
  } else {
    terminal.write(`${tableLines(list.columns, list.rows, { columns: terminal.columns(), paint: terminal.paint }).join('\n')}\n`);
  }
}

/** Prints one resource: the message as JSON, or its fields below each other; fields without a value are left out. */
export function showFields({ terminal, isJson }: Context, json: object, fields: readonly (readonly [string, string])[]): void {
  if (isJson) {
    terminal.write(jsonDocument(json));
    return;
  }
  const shown = fields.filter(([, value]) => value !== '');
  const width = shown.reduce((widest, [title]) => Math.max(widest, textWidth(title)), 0);
  for (const [title, value] of shown) {
    terminal.write(`${terminal.paint('strong', padText(title, width))}  ${safeLine(value)}\n`);
  }
}

/** Confirms what was done: the resource as JSON, or one sentence. */
export function showDone({ terminal, isJson }: Context, json: object, sentence: string): void {
  terminal.write(isJson ? jsonDocument(json) : `${safeLine(sentence)}\n`);
}
