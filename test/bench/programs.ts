import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

function source(path: string): string {
  return new URL(`../../${path}`, import.meta.url).pathname;
}

/** The programs as they stand in the sources, each as the beginning of an argv. */
export const programs = {
  upd: [process.execPath, source('cli/upd/main.ts')],
  uvsctl: [process.execPath, source('cli/uvsctl/main.ts')],
  agent: [process.execPath, source('agent/main.ts')],
  coordinator: [process.execPath, source('coordinator/main.ts')],
} as const;

/** Runs one to its end and returns its standard output. */
export async function call(program: readonly [string, string], ...args: readonly string[]): Promise<string> {
  const { stdout } = await run(program[0], [program[1], ...args], { maxBuffer: 16 * 1024 * 1024, timeout: 600_000 });
  return stdout;
}
