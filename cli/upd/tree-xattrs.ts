import { spawnSync } from 'node:child_process';
import { UvsError } from '../../common/errors.ts';
import { DUMP_ARGUMENTS, isGivenBySystem, parseXattrDump, type Xattrs } from '../../common/xattr-dump.ts';

const MAX_OUTPUT_BYTES = 1024 * 1024 * 1024;

/**
 * Reads the extended attributes of a file, or of all below a directory, by path from there ("." is itself); those that the system gives to any
 * file are left out. @throws UvsError PROGRAM_MISSING, INVALID_ARGUMENT
 */
export function readSourceXattrs(source: string, isDirectory: boolean): ReadonlyMap<string, Xattrs> {
  const named = isDirectory ? ['-R', ...DUMP_ARGUMENTS, '--', '.'] : [...DUMP_ARGUMENTS, '--', source];
  const { error, status, stdout, stderr } = spawnSync('getfattr', named, {
    ...(isDirectory ? { cwd: source } : {}),
    encoding: 'latin1',
    maxBuffer: MAX_OUTPUT_BYTES,
  });
  if (error !== undefined && 'code' in error && error.code === 'ENOENT') {
    throw new UvsError('PROGRAM_MISSING', 'the program getfattr, which reads extended attributes, is not here', {
      cause: error,
      hint: 'Install it (Debian\'s package attr has it), or leave xattrs = "source" out.',
    });
  }
  if (error !== undefined || status !== 0) {
    throw new UvsError('INVALID_ARGUMENT', `The extended attributes of ${source} can't be read: ${stderr.split('\n')[0] ?? ''}`, {
      cause: error,
    });
  }
  return new Map(
    [...parseXattrDump(stdout)].map(([path, xattrs]) => [
      isDirectory ? path.replace(/^\.\//, '') : '.',
      Object.fromEntries(Object.entries(xattrs).filter(([name]) => !isGivenBySystem(name))),
    ]),
  );
}
