// Everything that is not a graphic character or a space: C0, DEL and C1 (a terminal obeys U+009B like ESC [), the line separators,
// lone surrogates, and the invisible marks that reorder or hide text (CVE-2021-42574).
// eslint-disable-next-line no-control-regex
const unsafe = /[\u0000-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|\p{Surrogate}/gu;

/** Makes text from elsewhere safe to print on one line: a line break or tab becomes a space, every other control character "?". */
export function safeLine(text: string): string {
  return text.replaceAll(/\r?\n|\t/g, ' ').replaceAll(unsafe, '?');
}

/** The same for text of several lines (the output of a task): line breaks and tabs stay, a progress line's `\r` becomes a line break. */
export function safeBlock(text: string): string {
  return text.replaceAll(/\r\n|\r/g, '\n').replaceAll(unsafe, (character) => (character === '\n' || character === '\t' ? character : '?'));
}

/** Writes the same characters as JSON escapes, which any parser turns back; JSON.stringify leaves C1 and DEL as they are. */
export function safeJson(json: string): string {
  return json.replaceAll(unsafe, (character) =>
    character === '\n' ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
