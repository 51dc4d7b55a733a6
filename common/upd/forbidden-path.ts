import { UvsError } from '../errors.ts';

/** The error for a path that no package may touch. @param why the rest of the sentence */
export function forbiddenPath(path: string, why: string): UvsError {
  return new UvsError('PATH_FORBIDDEN', `the package may not touch ${path}: ${why}`, { hint: 'The package has to be built without it.' });
}
