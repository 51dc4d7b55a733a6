import { UvsError } from '../../common/errors.ts';

/** The refusal of a node that has no record, although its certificate stands. */
export function notEnrolled(uid: string): UvsError {
  return new UvsError('PERMISSION_DENIED', `node ${uid} is not enrolled in this cluster`, { hint: 'Join it again with a new token.' });
}
