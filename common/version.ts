import { UvsError } from './errors.ts';

/**
 * A version as this product writes them: numbers joined by "." or "-", such as 2.14-16.20200317, 2.14.17, 2.12-15.
 * The separator means nothing for the order: 2.14-16 is the sixteenth of 2.14, as 2.14.17 is the seventeenth.
 */
export interface Version {
  readonly numbers: readonly number[];
}

const GRAMMAR = /^[0-9]{1,15}(?:[.-][0-9]{1,15}){0,7}$/;

/** Parses a version. @throws UvsError INVALID_ARGUMENT */
export function parseVersion(text: string): Version {
  if (!isVersion(text)) {
    throw new UvsError('INVALID_ARGUMENT', `"${text}" is not a version: numbers joined by "." or "-" are expected.`, {
      hint: 'Write it like 2.14.17 or 2.14-16.20200317.',
    });
  }
  return { numbers: text.split(/[.-]/).map(Number) };
}

/** Whether a text is a version that `parseVersion` takes. */
export function isVersion(text: string): boolean {
  return GRAMMAR.test(text);
}

/**
 * Whether a version is that one or a later one: number by number, then the shorter before the longer (2.14 < 2.14-16 < 2.14-16.20200317 < 2.14.17). For the
 * lowest agent version; what may replace what is decided by releaseSeq alone.
 */
export function isAtLeast(version: Version, lowest: Version): boolean {
  return compareNumbers(version.numbers, lowest.numbers) >= 0;
}

function compareNumbers(a: readonly number[], b: readonly number[]): number {
  for (const [index, number] of a.entries()) {
    const other = b[index];
    if (other === undefined) return 1;
    if (number !== other) return number < other ? -1 : 1;
  }
  return a.length === b.length ? 0 : -1;
}
