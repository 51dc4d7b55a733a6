import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { UvsError } from './errors.ts';

/**
 * Takes the exclusive lock of an open file or directory, unless somebody else has it. The lock belongs to the open file description: the kernel gives it up
 * with the descriptor, however the process ends. flock(1) takes it, because Node has no flock(2). @throws UvsError PROGRAM_MISSING
 */
export async function flock(fd: number): Promise<boolean> {
  const child = spawn('flock', ['--exclusive', '--nonblock', '3'], { stdio: ['ignore', 'ignore', 'ignore', fd] });
  try {
    const [code]: unknown[] = await once(child, 'exit');
    return code === 0;
  } catch (cause) {
    throw new UvsError('PROGRAM_MISSING', 'the program flock could not be run', { cause, hint: 'Install util-linux.' });
  }
}

/**
 * Takes the exclusive lock of a directory, for whoever reads a file in it and puts another one in its place: a lock of the file would go with the file.
 * @returns undefined where somebody else has it
 */
export async function lockDirectory(path: string): Promise<AsyncDisposable | undefined> {
  const directory = await open(path, 'r');
  try {
    if (await flock(directory.fd)) return directory;
  } catch (error) {
    await directory.close();
    throw error;
  }
  await directory.close();
  return undefined;
}
