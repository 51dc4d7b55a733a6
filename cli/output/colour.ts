const codes = { good: '32', bad: '31', warn: '33', active: '36', dim: '2', strong: '1' } as const;

/** What a colour means here; the colour itself is the terminal's business. */
export type Tone = keyof typeof codes;

/** Colours text, or leaves it as it is where colours are off. */
export type Paint = (tone: Tone, text: string) => string;

/** Colours for terminals. */
export const painted: Paint = (tone, text) => (text === '' ? '' : `\u001b[${codes[tone]}m${text}\u001b[0m`);

/** No colours. */
export const unpainted: Paint = (_tone, text) => text;

/** Decides by the conventions: a terminal, NO_COLOR unset or empty (no-color.org), and a TERM that is not "dumb". */
export function paintFor(isTerminal: boolean, environment: Readonly<Record<string, string | undefined>>): Paint {
  const isOff = (environment['NO_COLOR'] ?? '') !== '' || environment['TERM'] === 'dumb';
  return isTerminal && !isOff ? painted : unpainted;
}
