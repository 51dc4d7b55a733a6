import { toUvsError, UvsError } from '../../common/errors.ts';
import { safeLine } from '../../common/safe-text.ts';
import type { Context } from './context.ts';

/** Refuses what would need a question where nobody can be asked; to be called before anything is sent. */
export function requireSomebodyToAsk({ terminal, isJson }: Context, isYes: boolean): void {
  if (isYes || (terminal.canAsk && !isJson)) return;
  throw new UvsError(
    'INVALID_ARGUMENT',
    isJson ? 'with --json nobody is asked for confirmation' : 'there is no terminal to ask for confirmation',
    {
      hint: 'Nothing was changed. Add --yes to go on without a question.',
    },
  );
}

/**
 * Asks, unless the answer was given with --yes.
 * @param otherwise what is so where the answer is not yes
 * @throws UvsError CANCELLED where the answer is not yes, or none is given
 */
export async function confirm(context: Context, isYes: boolean, question: string, otherwise = 'Nothing was changed.'): Promise<void> {
  if (isYes) return;
  requireSomebodyToAsk(context, isYes);
  const answer = await context.terminal.ask(`${safeLine(question)} [y/N] `, context.signal).catch((thrown: unknown) => {
    const { reason, message } = toUvsError(thrown);
    throw new UvsError(reason, message, { hint: otherwise, cause: thrown });
  });
  if (/^\s*y(es)?\s*$/i.test(answer)) return;
  throw new UvsError('CANCELLED', 'the answer was not yes', { hint: otherwise });
}
