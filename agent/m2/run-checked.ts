import { UvsError } from '../../common/errors.ts';
import { runProgram, type ProgramRun } from '../os/run-program.ts';

/**
 * Runs a program that has to succeed, and gives what it said.
 * @param hint what an operator is told where it failed
 * @throws UvsError DISK_FAILED about its last argument, with the last that it said
 */
export async function runChecked(run: ProgramRun, hint?: string): Promise<string> {
  const { code, stdout, stderr } = await runProgram(run);
  if (code !== 0) throw failed(run.program, run.args.at(-1) ?? '', stderr, hint);
  return stdout;
}

/** The error for a program that failed. */
export function failed(
  program: string,
  about: string,
  stderr: string,
  hint = 'See journalctl -k for what the disk says; the command may be run again.',
): UvsError {
  return new UvsError('DISK_FAILED', `${program} about ${about} failed: ${stderr.trim().split('\n').at(-1) ?? ''}`, { hint });
}
