import { createHash } from 'node:crypto';

/** What every task's program is, for agent/steps/run-tasks.ts, which reads it before it is run; all else that is read there is real. */
export const program = Buffer.from('#!/bin/true\n');
export const programSha256 = createHash('sha256').update(program).digest('hex');

export async function readFile(): Promise<Buffer> {
  return program;
}

export async function realpath(path: string): Promise<string> {
  return path;
}
