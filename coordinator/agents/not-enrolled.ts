import { UvsError } from '../../common/errors.ts';
import type { Core } from '../core.ts';

/** The refusal of a node that has no record, although its certificate stands. */
export function notEnrolled(uid: string): UvsError {
  return new UvsError('PERMISSION_DENIED', `node ${uid} is not enrolled in this cluster`, { hint: 'Join it again with a new token.' });
}

/** Refuses a node that was removed but whose certificate still stands. @throws UvsError PERMISSION_DENIED */
export function demandEnrolled(core: { readonly nodes: Pick<Core['nodes'], 'find'> }, uid: string): void {
  try {
    if (core.nodes.find(uid).uid === uid) return;
  } catch (error) {
    if (!(error instanceof UvsError) || error.reason !== 'NOT_FOUND') throw error;
  }
  throw notEnrolled(uid);
}
