import type { UvsError } from '../common/errors.ts';
import { safeLine } from '../common/safe-text.ts';

/**
 * Tells an error to people, alike in all programs: a line with what is wrong and the reason that can be searched for, and one with what to do.
 * @param more stands before the reason
 */
export function errorText(program: string, { message, reason, hint }: Pick<UvsError, 'message' | 'reason' | 'hint'>, more = ''): string {
  const sentence = `${program}: ${safeLine(message)}${more} [${reason}]`;
  return hint === undefined ? sentence : `${sentence}\n${safeLine(hint)}`;
}
