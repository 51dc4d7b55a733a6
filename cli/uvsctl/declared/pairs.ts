import { UvsError } from '../../../common/errors.ts';

/**
 * Reads NAME=VALUE, several of them.
 * @param what "a limit"
 * @param parse refuses a name or a value, or gives both as they are to be sent
 * @throws UvsError INVALID_ARGUMENT
 */
export function pairsOf(
  texts: readonly string[],
  what: string,
  hint: string,
  parse: (name: string, value: string) => readonly [string, string],
): Record<string, string> {
  const values: Record<string, string> = {};
  for (const text of texts) {
    const at = text.indexOf('=');
    if (at < 1) throw new UvsError('INVALID_ARGUMENT', `"${text}" is not ${what}`, { hint });
    const [name, value] = parse(text.slice(0, at), text.slice(at + 1));
    if (values[name] !== undefined) throw new UvsError('INVALID_ARGUMENT', `${name} is given twice`);
    values[name] = value;
  }
  return values;
}
