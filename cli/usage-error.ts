import type { CommanderError } from 'commander';
import { UvsError } from '../common/errors.ts';

/**
 * A wrong command line as an error like all others: what commander says of it, and what it takes to have been meant as the hint.
 * @param usageHint where nothing is known to have been meant
 */
export function usageError({ code, message }: CommanderError, usageHint: string): UvsError {
  // commander shows its help for a group without a command, and has no sentence for it
  if (code === 'commander.help') return new UvsError('INVALID_ARGUMENT', 'a command is missing', { hint: usageHint });
  if (code === 'commander.missingMandatoryOptionValue') {
    // the form that has a value: "-o, --out <file>" is typed as "--out <file>"
    const [, form] = /required option '(?:-\w, )?(.*)' not specified/u.exec(message) ?? [];
    if (form !== undefined) return new UvsError('INVALID_ARGUMENT', `${form} is missing`, { hint: `Add ${form}. ${usageHint}` });
  }
  const [sentence = '', ...meant] = message.split('\n');
  const hint = meant.map((line) => line.replace(/^\((?<inside>.*)\)$/u, '$<inside>')).join(' ');
  return new UvsError('INVALID_ARGUMENT', sentence.replace(/^error: /u, ''), { hint: hint === '' ? usageHint : hint });
}
