import { toUvsError, type UvsError } from '../../common/errors.ts';

/** The error with which something is refused. @throws where it is not */
export async function refusalOf(work: Promise<unknown>): Promise<UvsError> {
  try {
    await work;
  } catch (thrown) {
    return toUvsError(thrown);
  }
  throw new Error('it was not refused');
}
