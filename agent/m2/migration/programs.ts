import { lstat, readFile } from 'node:fs/promises';
import { UvsError } from '../../../common/errors.ts';
import { isErrno } from '../../files/errno.ts';
import { unescapeOctal } from '../../files/mount-table.ts';
import { runProgram } from '../../os/run-program.ts';

/** Runs a program that has to succeed. @param from Debian's package @throws UvsError DISK_FAILED with the last that it said */
export async function ran(program: string, args: readonly string[], from: string, deadlineMs?: number) {
  const result = await runProgram({ program, args, from, ...(deadlineMs === undefined ? {} : { deadlineMs }) });
  if (result.code === 0) return result;
  throw new UvsError('DISK_FAILED', `${program} about ${args.at(-1) ?? ''} failed: ${result.stderr.trim().split('\n').at(-1) ?? ''}`, {
    hint: 'See journalctl -k; the command may be run again.',
  });
}

/** Where something is mounted for the whole machine, proc(5). */
export async function mountPoints(): Promise<readonly string[]> {
  const text = await readFile('/proc/self/mountinfo', 'utf8');
  return text.split('\n').map((line) => unescapeOctal(line.split(' ')[4] ?? ''));
}

export async function lstatOf(path: string) {
  try {
    return await lstat(path);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** Bytes that a tree takes on its disk; 0 where there is none. */
export async function sizeOf(path: string): Promise<number> {
  if ((await lstatOf(path)) === undefined) return 0;
  const { stdout } = await ran('du', ['--summarize', '--block-size=1', '--one-file-system', path], 'coreutils');
  return Number(stdout.split('\t')[0]);
}
