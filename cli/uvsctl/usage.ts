import type { Command } from 'commander';

/** What helps whoever typed something that is no command line, by the command that it is about. */
export function usageHint(command: Command): string {
  const path = pathOf(command);
  if (command.parent === null) return `\`${path} --help\` lists the commands; every command has --help.`;
  return `\`${path} --help\` ${command.commands.length > 0 ? 'lists its commands.' : 'says how it is used.'}`;
}

function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}

/** Whether JSON is asked for, told from the words alone: of a command line that can't be parsed nothing else is known. */
export function asksForJson(words: readonly string[]): boolean {
  const end = words.indexOf('--');
  return words.slice(0, end === -1 ? undefined : end).includes('--json');
}
