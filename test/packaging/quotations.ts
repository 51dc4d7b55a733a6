import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const project = fileURLToPath(new URL('../..', import.meta.url));

/** All that the programs can say, as their sources have it. */
export class Sayings {
  readonly #sources: string;
  readonly #filledIn: string;

  constructor() {
    const files = globSync('{agent,coordinator,cli,common}/**/*.ts', { cwd: project });
    this.#sources = files.map((path) => readFileSync(join(project, path), 'utf8')).join('\n');
    this.#filledIn = this.#sources.replaceAll(/\$\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}/gu, '\0');
  }

  /** Parts of what a page quotes that no program says; a word in capitals and "…" stand for what differs. */
  unsaid(quoted: string): readonly string[] {
    return fragmentsOf(quoted).filter((fragment) => !this.#sources.includes(fragment) && !this.#filledIn.includes(fragment));
  }
}

/** The words between the placeholders; a single one would be found anywhere. */
export function fragmentsOf(quoted: string): readonly string[] {
  return quoted
    .split(/\(…\)|…|\([a-z]+\)|\bN m?s\b|\b[A-Z]+\b|[:;,"]/u)
    .map((part) => part.trim())
    .filter((part) => part.split(' ').length > 1);
}

/** The cells of every row of the tables in a text, headings left out. */
export function rowsIn(text: string): readonly (readonly string[])[] {
  const rows = [...text.matchAll(/^\| (.*) \|$/gmu)].map(([, row = '']) => row.split(/ \| /u).map((cell) => cell.trim()));
  return rows.filter(([first = ''], index) => !/^-+$/u.test(first) && !/^-+$/u.test(rows[index + 1]?.[0] ?? ''));
}

export interface CitedTest {
  /** Below `test/`, without its ending. */
  readonly file: string;
  readonly name: string;
}

/** The tests that a cell names: `agent/crash` “name”, “another of the same file”. */
export function testsIn(cell: string): readonly CitedTest[] {
  let file = '';
  const cited: CitedTest[] = [];
  for (const [, path, name] of cell.matchAll(/`([^`]+)`|“([^”]+)”/gu)) {
    if (path !== undefined) file = path;
    else if (name !== undefined) cited.push({ file, name });
  }
  return cited;
}

/** Whether a test file has a test of that name. */
export function isThere({ file, name }: CitedTest): boolean {
  const [path] = globSync(`test/${file}{,.slow}.test.ts`, { cwd: project });
  if (path === undefined) return false;
  const source = readFileSync(join(project, path), 'utf8');
  return ["'", '"', '`'].some((quote) => source.includes(`${quote}${name}${quote}`));
}
