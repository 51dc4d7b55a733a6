import { toUvsError, UvsError } from '../../common/errors.ts';
import type { OperationContext } from '../operation-context.ts';
import { demandMounts } from './commit.ts';
import { readBack } from './read-back.ts';

/**
 * As `demandMounts`, of an operation that goes on: what was mounted since over what it has changed keeps nobody from it where every path proves to be
 * as it was to come. A release may bring a directory, and have a task or a unit mount something there. @throws UvsError NOT_FOUND
 */
export async function demandMountsToGoOn(context: OperationContext): Promise<void> {
  const problem = await demandMounts(context).then(() => undefined, toUvsError);
  if (problem === undefined) return;
  const at = problem.details['mountedOver'];
  if (at === undefined) throw problem;
  const unproven = await readBack(context).then(() => undefined, toUvsError);
  if (unproven === undefined) {
    context.tell(
      `/${at} is mounted now, and was not when ${context.operation} changed files there: it goes on, for all of them are as they are to be`,
    );
    return;
  }
  const { reason, message, hint, details } = problem;
  throw new UvsError(reason, `${message}; with it ${unproven.message}`, {
    cause: unproven,
    details,
    hint,
  });
}
