import type { CommanderError } from 'commander';
import { UvsError } from '../../common/errors.ts';

/** What helps whoever typed something that is no command line. */
export const usageHint = '`uvsctl --help` lists the commands; every command has --help.';

/** Whether JSON is asked for, told from the words alone: of a command line that can't be parsed nothing else is known. */
export function asksForJson(words: readonly string[]): boolean {
  const end = words.indexOf('--');
  return words.slice(0, end === -1 ? undefined : end).includes('--json');
}

/** A wrong command line as an error like all others: what commander says of it, and what it takes to have been meant as the hint. */
export function usageError({ code, message }: CommanderError): UvsError {
  // commander shows its help for a group without a command, and has no sentence for it
  if (code === 'commander.help') return new UvsError('INVALID_ARGUMENT', 'a command is missing', { hint: usageHint });
  const [sentence = '', ...meant] = message.split('\n');
  const hint = meant.map((line) => line.replace(/^\((?<inside>.*)\)$/u, '$<inside>')).join(' ');
  return new UvsError('INVALID_ARGUMENT', sentence.replace(/^error: /u, ''), { hint: hint === '' ? usageHint : hint });
}
