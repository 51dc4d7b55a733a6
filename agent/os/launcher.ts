import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** What the agent that goes on is asked to do. */
export type SuccessorCommand = readonly ['take-over'] | readonly ['recover'] | readonly ['recover', '--files-only'];

/** Has the launcher start the agent that goes on at the console, with this process's output. @returns its exit code once it has ended; undefined: a signal ended it */
export async function launchSuccessor(launcher: string, command: SuccessorCommand, root: string): Promise<number | undefined> {
  const child = spawn(launcher, [...command, '--root', root], { stdio: ['ignore', 'inherit', 'inherit'] });
  const [code]: unknown[] = await once(child, 'exit');
  return typeof code === 'number' ? code : undefined;
}
