/** What helps whoever typed something that is no command line. */
export const usageHint = '`uvsctl --help` lists the commands; every command has --help.';

/** Whether JSON is asked for, told from the words alone: of a command line that can't be parsed nothing else is known. */
export function asksForJson(words: readonly string[]): boolean {
  const end = words.indexOf('--');
  return words.slice(0, end === -1 ? undefined : end).includes('--json');
}
