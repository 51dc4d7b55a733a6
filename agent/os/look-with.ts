import { runProgram, type ProgramResult, type ProgramRun } from './run-program.ts';

/** Programs that only look at the disk: what a program changes is told by agent/files/disk.ts before it is run. */
const packages = { find: 'findutils', getfattr: 'attr', lsattr: 'e2fsprogs', rpm: 'rpm' } as const;

/** Runs a program that changes nothing to its end, whatever its exit code. @throws as runProgram */
export async function lookWith(program: keyof typeof packages, run: Pick<ProgramRun, 'args' | 'descriptors'>): Promise<ProgramResult> {
  return await runProgram({ ...run, program, from: packages[program] });
}
