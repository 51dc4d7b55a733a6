import { UvsError } from '../../common/errors.ts';
import { runProgram, type ProgramRun } from '../os/run-program.ts';

/** What a program about a disk, its last argument, says. @throws UvsError DISK_FAILED with what it said where it failed */
export async function told(run: ProgramRun): Promise<string> {
  const { code, stdout, stderr } = await runProgram(run);
  if (code !== 0) throw failed(run.program, run.args.at(-1) ?? '', stderr);
  return stdout;
}

/** The error for a program that failed. */
export function failed(program: string, about: string, stderr: string): UvsError {
  return new UvsError('DISK_FAILED', `${program} about ${about} failed: ${stderr.trim().split('\n').at(-1) ?? ''}`, {
    hint: 'See journalctl -k for what the disk says; the command may be run again.',
  });
}
