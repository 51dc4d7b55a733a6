import { spawn } from 'node:child_process';
import { UvsError } from '../../common/errors.ts';
import { withoutServiceManager } from '../../common/notify.ts';
import { isErrno } from '../files/errno.ts';

const DEADLINE_MS = 600_000;
/** More than that no listing of a batch has; what is beyond would only fill the memory. */
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

export interface ProgramRun {
  readonly program: string;
  readonly args: readonly string[];
  readonly input?: string;
  /** Descriptors of this process; the program finds the first as 3. */
  readonly descriptors?: readonly number[];
  /** Debian package that has the program. */
  readonly from: string;
  /** Ten minutes, where nothing else is said. */
  readonly deadlineMs?: number;
}

export interface ProgramResult {
  readonly code: number | undefined;
  /** Bytes as they came, one character each: names need not be UTF-8. */
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program of the system to its end, whatever its exit code. @throws UvsError PROGRAM_MISSING, DEADLINE_EXCEEDED */
export async function runProgram({
  program,
  args,
  input = '',
  descriptors = [],
  from,
  deadlineMs = DEADLINE_MS,
}: ProgramRun): Promise<ProgramResult> {
  return await new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      // systemd's programs tell of their failures there, and the agent's state would be theirs
      env: { ...withoutServiceManager(process.env), LC_ALL: 'C' },
      stdio: ['pipe', 'pipe', 'pipe', ...descriptors],
    });
    // not spawn's own, which is never cleared where the program is missing
    const deadline = setTimeout(() => child.kill('SIGKILL'), deadlineMs);
    const output = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream]?.setEncoding('latin1').on('data', (text: string) => {
        if (output[stream].length < MAX_OUTPUT_BYTES) output[stream] += text;
      });
    }
    child.on('error', (cause) => {
      clearTimeout(deadline);
      const hint = `Install it: Debian's package ${from} has it.`;
      if (isErrno(cause, 'ENOENT')) reject(new UvsError('PROGRAM_MISSING', `the program ${program} is not on this node`, { cause, hint }));
      else reject(cause);
    });
    child.on('close', (code, signal) => {
      clearTimeout(deadline);
      if (signal === 'SIGKILL') reject(new UvsError('DEADLINE_EXCEEDED', `${program} did not end within ${deadlineMs / 1000} s`));
      else resolve({ code: code ?? undefined, ...output });
    });
    // who reads nothing has said why on its own output
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input, 'latin1');
  });
}
