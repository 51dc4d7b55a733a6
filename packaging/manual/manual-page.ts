import type { Argument, Command, Option } from 'commander';
import { allOf, readCommand, type CommandNode } from './command-tree.ts';

/** What mandoc asks for. */
const MAX_LINE_BYTES = 79;

/** Where a page belongs: what it is about and which other pages there are. */
export interface PageFacts {
  readonly section: 1 | 8;
  readonly version: string;
  /** As 2020-01-31. */
  readonly date: string;
  /** As `upd(1)`. */
  readonly others: readonly string[];
}

/** Writes the manual page of a program, in the language of man(7). */
export function manualPage(program: Command, { section, version, date, others }: PageFacts): string {
  const root = readCommand(program);
  const { arguments: args, options, notes } = root;
  const help = program.createHelp();
  const items = (list: readonly (Argument | Option)[]): readonly string[] =>
    list.flatMap((item) =>
      'flags' in item ? tagged(help.optionTerm(item), help.optionDescription(item)) : tagged(item.name(), help.argumentDescription(item)),
    );
  const command = (node: CommandNode): readonly string[] => [
    `.SS ${quoted(usageOf(node))}`,
    sentence(node.summary),
    ...(node.aliases.length === 0
      ? []
      : ['.PP', text(`Also: ${node.aliases.map((alias) => [...node.path.slice(0, -1), alias].join(' ')).join(', ')}.`)]),
    ...items([...node.arguments, ...node.options.filter(({ long }) => long !== '--help')]),
    ...notesOf(node.notes),
  ];
  const lines = [
    `.\\" Made of the program's own command line when it is built.`,
    `.TH ${quoted(program.name().toUpperCase())} ${section} "${date}" "UVS ${version}" "UVS"`,
    '.SH NAME',
    `${text(program.name())} \\- ${text(root.summary.replace(/\.$/u, ''))}`,
    '.SH SYNOPSIS',
    text(root.usage),
    '.SH DESCRIPTION',
    sentence(root.summary),
    '.SH OPTIONS',
    ...items([...args, ...options]),
    ...(root.commands.length === 0 ? [] : ['.SH COMMANDS', ...root.commands.flatMap(allOf).flatMap(command)]),
    ...(notes === '' ? [] : ['.SH NOTES', ...notesOf(notes).slice(notes.startsWith(' ') ? 0 : 1)]),
    '.SH SEE ALSO',
    text(others.join(', ')),
  ];
  return `${lines.join('\n')}\n`;
}

/** `uvsctl nodes list [options]`, without the other names that commander shows. */
function usageOf(node: CommandNode): string {
  const rest = node.usage.split(' ').filter((word) => /^[[<]/u.test(word));
  return [...node.path, ...rest].join(' ');
}

function tagged(term: string, description: string): readonly string[] {
  return ['.TP', `\\fB${shown(term)}\\fR`, ...(description === '' ? ['\\&'] : [text(description)])];
}

/** Lines that begin at the margin are prose; those that are indented stay as they are. */
function notesOf(notes: string): readonly string[] {
  if (notes === '') return [];
  const lines: string[] = [];
  let was: 'prose' | 'shown' | 'empty' = 'empty';
  for (const line of notes.split('\n')) {
    const is = line.trim() === '' ? 'empty' : line.startsWith(' ') ? 'shown' : 'prose';
    if (is === 'empty' && was === 'shown') continue; // an example may have empty lines in it
    if (is === 'shown' && was !== 'shown') lines.push('.PP', '.nf');
    if (is !== 'shown' && was === 'shown') lines.push('.fi');
    if (is === 'prose' && was !== 'prose') lines.push('.PP');
    if (is !== 'empty') lines.push(is === 'shown' ? shown(line) : text(line.trim()));
    was = is;
  }
  return was === 'shown' ? [...lines, '.fi'] : lines;
}

function sentence(words: string): string {
  const whole = `${words.slice(0, 1).toUpperCase()}${words.slice(1)}`;
  return text(/[.!?:]$/u.test(whole) ? whole : `${whole}.`);
}

function quoted(words: string): string {
  return `"${shown(words).replaceAll('"', '\\(dq')}"`;
}

/** Text that says nothing to the formatter, in lines as short as it asks for. */
function text(words: string): string {
  const escaped = words.replaceAll('\\', '\\e').replaceAll('-', '\\-');
  return wrapped(escaped)
    .map((line) => line.replace(/^(?=[.'])/u, '\\&'))
    .join('\n');
}

function wrapped(words: string): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of words.split(/\s+/u)) {
    if (line !== '' && Buffer.byteLength(`${line} ${word}`) > MAX_LINE_BYTES) {
      lines.push(line);
      line = '';
    }
    line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/** A line of an example, which stays one. */
function shown(line: string): string {
  return line.replaceAll('\\', '\\e').replaceAll('-', '\\-');
}
