import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const execute = promisify(execFile);
/** A stop may take as long as the unit's grace. */
const DEADLINE_MS = 660_000;

/** systemd-run(1) and systemctl(1), as far as tasks need them; each throws what the program said on its standard error. */
export interface SystemdProgram {
  run(args: readonly string[]): Promise<void>;
  control(verb: string, ...args: readonly string[]): Promise<string>;
}

export const systemdProgram: SystemdProgram = {
  run: async (args) => void (await told('systemd-run', args)),
  control: (verb, ...args) => told('systemctl', [verb, ...args]),
};

async function told(program: string, args: readonly string[]): Promise<string> {
  try {
    const { stdout } = await execute(program, args, { timeout: DEADLINE_MS, killSignal: 'SIGKILL' });
    return stdout;
  } catch (cause) {
    const said = cause instanceof Error && 'stderr' in cause && typeof cause.stderr === 'string' ? cause.stderr.trim() : '';
    throw new Error(said === '' ? `${program} failed: ${String(cause)}` : said, { cause });
  }
}
