// Wide in a terminal: Hangul, kana, CJK and most emoji (Unicode TR 11). Marks that combine take no column.
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;
const combining = /\p{Mark}/u;
// eslint-disable-next-line no-control-regex
const plainAscii = /^[\u0020-\u007e]*$/;

function characterWidth(character: string): number {
  if (combining.test(character)) return 0;
  return wide.test(character) ? 2 : 1;
}

/** Columns that safe text (see common/safe-text.ts) takes on a terminal. */
export function textWidth(text: string): number {
  if (plainAscii.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += characterWidth(character);
  return width;
}

/** The longest start of a text that takes at most `columns`. */
function startOf(text: string, columns: number): string {
  let start = '';
  let width = 0;
  for (const character of text) {
    width += characterWidth(character);
    if (width > columns) break;
    start += character;
  }
  return start;
}

/** Cuts text to at most `columns`; what was cut shows as "…". */
export function cutText(text: string, columns: number): string {
  if (textWidth(text) <= columns) return text;
  return columns <= 0 ? '' : `${startOf(text, columns - 1)}…`;
}

/** Breaks text between words into lines of at most `columns`; what does not fit into so many lines is cut from the last one. */
export function wrapText(text: string, columns: number, maxLines: number): string[] {
  const lines: string[] = [];
  let rest = text;
  while (lines.length + 1 < maxLines && textWidth(rest) > columns) {
    const head = startOf(rest, columns);
    if (head === '') break;
    const space = rest.startsWith(' ', head.length) ? head.length : head.lastIndexOf(' ');
    // a word that is longer than a line is broken where the line ends
    const end = space > 0 ? space : head.length;
    lines.push(rest.slice(0, end));
    rest = rest.slice(end).trimStart();
  }
  return [...lines, cutText(rest, columns)];
}

/** Fills text with spaces to `columns`, at the end or at the start. */
export function padText(text: string, columns: number, align: 'left' | 'right' = 'left'): string {
  const fill = ' '.repeat(Math.max(0, columns - textWidth(text)));
  return align === 'left' ? text + fill : fill + text;
}
