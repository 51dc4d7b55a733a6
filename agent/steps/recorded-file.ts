import { createHash } from 'node:crypto';
import { UvsError } from '../../common/errors.ts';
import { readTextIfThere } from '../files/reading.ts';

/** Reads a private file of an operation. @param hash as the journal has it, see hashOfText. @throws UvsError JOURNAL_CORRUPT where it is another, or gone */
export async function readRecorded(path: string, hash: string | undefined): Promise<string> {
  const text = await readTextIfThere(path);
  if (text === undefined) throw new UvsError('JOURNAL_CORRUPT', `${path}, which the journal tells of, is missing`);
  if (hashOfText(text) !== hash) throw new UvsError('JOURNAL_CORRUPT', `${path} is not what the journal says`);
  return text;
}

/** What the journal records of such a file. */
export function hashOfText(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
