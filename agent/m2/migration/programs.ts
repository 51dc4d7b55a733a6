import { lstat, readFile } from 'node:fs/promises';
import { isErrno } from '../../files/errno.ts';
import { parseMountInfo } from '../../files/mount-table.ts';
import { runChecked } from '../run-checked.ts';

/** Runs a program that has to succeed, and gives what it said. @param from Debian's package @throws UvsError DISK_FAILED with the last that it said */
export async function ran(program: string, args: readonly string[], from: string, deadlineMs?: number): Promise<string> {
  return await runChecked(
    { program, args, from, ...(deadlineMs === undefined ? {} : { deadlineMs }) },
    'See journalctl -k; the command may be run again.',
  );
}

/** Where something is mounted for the whole machine. */
export async function mountPoints(): Promise<readonly string[]> {
  return parseMountInfo(await readFile('/proc/self/mountinfo', 'utf8')).map(({ point }) => point);
}

/** What of its file system is shown by the mount on a path, of several the last; undefined where nothing is mounted there. */
export async function shownOn(path: string): Promise<string | undefined> {
  const mounts = parseMountInfo(await readFile('/proc/self/mountinfo', 'utf8'));
  return mounts.findLast(({ point }) => point === path)?.shown;
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
  const stdout = await ran('du', ['--summarize', '--block-size=1', '--one-file-system', path], 'coreutils');
  return Number(stdout.split('\t')[0]);
}
