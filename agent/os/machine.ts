import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { toUvsError, UvsError } from '../../common/errors.ts';
import { readBootId } from '../facts.ts';
import { syncFileSystem } from '../files/sync.ts';
import type { Machine } from '../ports.ts';

const run = promisify(execFile);
/** systemctl only hands the job over; one that hangs has a service manager that does. */
const ASK_DEADLINE_MS = 60_000;

/** The machine of a managed root. @param sandboxReboot the program that stands for a reboot where the root is a sandbox */
export function machineAt(root: string, sandboxReboot: readonly string[] | undefined): Machine {
  const isMachine = root === '/';
  const [program, ...args] = isMachine ? ['systemctl', 'reboot'] : (sandboxReboot ?? []);
  return {
    bootId: () => readBootId(root),
    cannotReboot: program === undefined ? 'its root is a sandbox, and its agent.toml names no `sandboxReboot`' : undefined,
    sync: () => syncFileSystem(root),
    reboot: async (signal) => {
      if (program === undefined) throw new UvsError('NOT_ALLOWED_NOW', 'a sandbox has no machine to reboot');
      try {
        await run(program, args, { timeout: ASK_DEADLINE_MS, killSignal: 'SIGKILL', signal });
      } catch (cause) {
        throw new UvsError('SERVICE_FAILED', `${[program, ...args].join(' ')} failed: ${toUvsError(cause).message}`, { cause });
      }
    },
  };
}
