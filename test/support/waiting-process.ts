import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Test } from 'tap';

/** Starts a program that says a word once it has done what it is to do, and then waits until the test's end. @returns its process's id */
export async function waitingProcess(t: Test, program: string, args: readonly string[], cwd = '/'): Promise<number> {
  const child = spawn(program, args, { cwd, stdio: ['ignore', 'pipe', 'inherit'] });
  t.teardown(async () => {
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
  await once(child.stdout, 'data');
  return child.pid ?? 0;
}
