/** A command line of UVS's own that a page shows. */
export interface ShownCommand {
  readonly program: string;
  /** What follows the program's name, without what only a shell sees. */
  readonly words: readonly string[];
  /** As the page has it. */
  readonly text: string;
}

const programs = ['uvsctl', 'uvs-agent', 'uvs-coordinator', 'upd'];
/** What ends a command in a shell, and what is no argument of it. */
const ends = new Set(['|', '>', '#', '&&', ';']);

/** Finds every command in a page's blocks (indented or fenced) and in its code spans; one that names no command (`uvs-agent`) is passed over. */
export function commandsIn(page: string): readonly ShownCommand[] {
  const spans = [...page.matchAll(/`([^`\n]+)`/gu)].map(([, text = '']) => text);
  const lines = page.split('\n').filter((line) => line.startsWith('    ') || isBetweenFences(page, line));
  return [...spans, ...lines].flatMap((text) => {
    const command = commandOf(text.replaceAll('\\|', '|'));
    return command === undefined || command.words.length === 0 ? [] : [command];
  });
}

function isBetweenFences(page: string, line: string): boolean {
  return [...page.matchAll(/^```[^\n]*\n(.*?)^```/gmsu)].some(([, block = '']) => block.split('\n').includes(line));
}

function commandOf(text: string): ShownCommand | undefined {
  // a picture: arrows, or columns
  if (/[─→▶]|\S {4,}[^\s#]/u.test(text)) return undefined;
  const words = shellWords(text.replace(/^\s*(?:[$#] )?/u, ''));
  const at = words.findIndex((word) => programs.includes(word));
  // a program's name in a sentence is none
  if (at === -1 || words.slice(0, at).some((word) => !/^\(?(?:umask|[0-7]+;)$/u.test(word))) return undefined;
  const rest = words.slice(at + 1);
  const end = rest.findIndex((word) => ends.has(word));
  return { program: words[at] ?? '', words: (end === -1 ? rest : rest.slice(0, end)).map(bare), text };
}

/** Words as a shell would take them; what is quoted is one. */
function shellWords(text: string): readonly string[] {
  return text.match(/(?:"[^"]*"|'[^']*'|\$\([^)]*\)|[^\s"'])+/gu) ?? [];
}

/** "[--yes]" shows that it may be left out, "(umask 077; uvsctl … )" ends with a bracket. */
function bare(word: string): string {
  return word.replace(/^\[/u, '').replace(/[\])]$/u, '');
}
