import { UvsError } from '../../common/errors.ts';

/** The reason with which a promise is refused; "resolved" or the error's text where there is none, so that a failing test says what happened. */
export async function reasonOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'resolved';
  } catch (error) {
    return error instanceof UvsError ? error.reason : String(error);
  }
}
