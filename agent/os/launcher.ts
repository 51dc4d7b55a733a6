import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Has the launcher start the agent that goes on at the console, with this process's output; resolves when that has ended. */
export async function launchSuccessor(launcher: string, command: 'take-over' | 'recover', root: string): Promise<void> {
  const child = spawn(launcher, [command, '--root', root], { stdio: ['ignore', 'inherit', 'inherit'] });
  await once(child, 'exit');
}
