import { UvsError } from '../errors.ts';

/**
 * Reads age identities as age-keygen writes them: one a line, lines that begin with "#" are comments. The first is the one that new packages are
 * wrapped for; the others open what was wrapped for them.
 * @param where names the file in errors. @throws UvsError INVALID_ARGUMENT
 */
export function parseIdentities(text: string, where: string): readonly string[] {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  const strange = lines.findIndex((line) => !/^AGE-SECRET-KEY-(?:PQ-)?1[0-9A-Z]+$/.test(line));
  // what stands there may be a secret: it is not quoted
  if (strange !== -1) {
    throw new UvsError('INVALID_ARGUMENT', `${where} holds something else than age identities ("AGE-SECRET-KEY-1…").`, {
      hint: 'Name the private half, the file that "upd keygen --encryption" makes.',
    });
  }
  if (lines.length === 0) {
    throw new UvsError('INVALID_ARGUMENT', `${where} holds no age identity ("AGE-SECRET-KEY-1…").`, {
      hint: 'Make one with "upd keygen --encryption".',
    });
  }
  if (new Set(lines).size !== lines.length) {
    throw new UvsError('INVALID_ARGUMENT', `${where} holds an age identity twice.`, { hint: 'Remove one of the two lines.' });
  }
  return lines;
}
