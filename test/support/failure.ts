import { UvsError } from '../../common/errors.ts';

/** The UvsError with which something ends; INTERNAL with what happened instead where it is none, so that a failing test says it. */
export async function errorOf(work: Promise<unknown> | (() => unknown)): Promise<UvsError> {
  try {
    await (typeof work === 'function' ? work() : work);
  } catch (error) {
    return error instanceof UvsError ? error : new UvsError('INTERNAL', `it failed with ${String(error)}`);
  }
  return new UvsError('INTERNAL', 'it did not fail');
}
