import { execFileSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import t from 'tap';
import { makeProgram } from '../../cli/uvsctl/program.ts';
import { commandsIn, type ShownCommand } from './documented-commands.ts';
import { rowsIn, Sayings } from './quotations.ts';

const project = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string): string => readFileSync(join(project, path), 'utf8');
const pages = ['README.md', ...globSync('docs/*.md', { cwd: project })];

const uvsctl = makeProgram(() => async () => undefined, '0');
const mains: Readonly<Record<string, string>> = {
  'uvs-agent': 'agent/main.ts',
  'uvs-coordinator': 'coordinator/main.ts',
  upd: 'cli/upd/main.ts',
};
const helps = new Map<string, string>();

/** What `PROGRAM COMMAND … --help` says; asked once. */
function help(program: string, ...commands: readonly string[]): string {
  const key = [program, ...commands].join(' ');
  const known = helps.get(key);
  if (known !== undefined) return known;
  const said = execFileSync(process.execPath, [join(project, mains[program] ?? ''), ...commands, '--help'], { encoding: 'utf8' });
  helps.set(key, said);
  return said;
}

/** Says what a page's command has that the program has not; undefined: nothing. */
function unknownPart({ program, words }: ShownCommand): string | undefined {
  return program === 'uvsctl' ? unknownToUvsctl(words) : unknownToOthers(program, words);
}

function unknownToUvsctl(words: readonly string[]): string | undefined {
  let command: Command = uvsctl;
  let known = optionsOf(uvsctl);
  for (const word of words) {
    if (word.startsWith('--')) {
      if (!known.has(optionName(word))) return word;
    } else if (command.commands.length > 0 && /^[a-z]/u.test(word)) {
      const next = command.commands.find((one) => one.name() === word || one.aliases().includes(word));
      if (next === undefined) return word;
      command = next;
      known = new Set([...known, ...optionsOf(next)]);
    }
  }
  return undefined;
}

function optionsOf(command: Command): Set<string> {
  return new Set([...command.options.flatMap(({ long }) => long ?? []), '--help', '--version']);
}

function unknownToOthers(program: string, words: readonly string[]): string | undefined {
  const path: string[] = [];
  let page = help(program);
  let options = page;
  for (const word of words) {
    if (word.startsWith('--')) {
      if (!new RegExp(`^ {2,}(?:-., )?${optionName(word)}\\b`, 'mu').test(options)) return word;
    } else if (/^Commands:$/mu.test(page) && /^[a-z]/u.test(word) && !isArgument(words, word)) {
      if (!new RegExp(`^ {2}${word}\\b`, 'mu').test(page)) return word;
      path.push(word);
      page = help(program, ...path);
      options += page;
    }
  }
  return undefined;
}

/** The value of an option: `uvs-agent --root dir run`. */
function isArgument(words: readonly string[], word: string): boolean {
  return words[words.indexOf(word) - 1]?.startsWith('--') === true;
}

function optionName(word: string): string {
  return word.split('=')[0] ?? word;
}

void t.test('every command and option that the pages show is there', async (t) => {
  for (const page of pages) {
    const commands = commandsIn(read(page));
    if (page === 'docs/operations.md') t.ok(commands.length > 60, `${commands.length} commands in the operator's guide`);
    for (const command of commands) t.equal(unknownPart(command), undefined, `${page}: ${command.text.trim()}`);
  }
});

void t.test('a command or an option that is not there is found, wherever a page shows it', async (t) => {
  const unknown = (page: string): readonly (string | undefined)[] => commandsIn(page).map(unknownPart);
  t.strictSame(unknown('Run `uvsctl slots free demo1`.'), ['free']);
  t.strictSame(unknown('    uvsctl nodes cordon demo1 --because x\n'), ['--because']);
  t.strictSame(unknown('```\n$ uvs-agent recover --agree op-1\n```\n'), ['--agree']);
  t.strictSame(unknown('    # uvs-coordinator leave --id c2 > out\n'), ['leave']);
  t.strictSame(unknown('| `uvsctl push FILE|DIGEST NODES [--detach]` | `uvsctl` and `upd` | it is uvsctl that …'), [undefined]);
  t.strictSame(unknown('    (umask 077; uvsctl join-tokens create --use 1 > token)\n'), ['--use']);
});

const explainingTables = ['## What a pause means', '## What it waits for'];

void t.test('every reason that the operator’s guide explains is one that is given', async (t) => {
  const sayings = new Sayings();
  const guide = read('docs/operations.md');
  for (const heading of explainingTables) {
    const rows = rowsIn(guide.slice(guide.indexOf(`\n${heading}\n`)).split('\n## ')[1] ?? '');
    t.ok(rows.length > 10, `${heading}: ${rows.length} reasons`);
    for (const [reasons = ''] of rows) {
      for (const [, quoted = ''] of reasons.matchAll(/`([^`]+)`/gu)) t.strictSame(sayings.unsaid(quoted), [], `${heading}: ${quoted}`);
    }
  }
});
