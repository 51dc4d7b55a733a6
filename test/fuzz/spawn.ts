import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseReport, WORKER_ENVIRONMENT, WORKER_OPTIONS, type Order, type Report } from './order.ts';

/** A disk that other tests use as well makes each agent wait for its syncs. */
const MEMORY = '/dev/shm';

/**
 * Runs the fuzzer in a process of its own.
 * @param keepIn folder for a package that broke the reader
 * @throws Error with the file of the package where that process broke, hung or took too much memory
 */
export async function runFuzzer(wish: Omit<Order, 'current'>, keepIn = tmpdir()): Promise<Report> {
  const folder = mkdtempSync(join(existsSync(MEMORY) ? MEMORY : tmpdir(), 'uvs-fuzz-'));
  const current = join(folder, 'current.upd');
  const program = fileURLToPath(new URL('worker.ts', import.meta.url));
  try {
    const child = spawn(process.execPath, [...WORKER_OPTIONS, program, JSON.stringify({ ...wish, current })], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...WORKER_ENVIRONMENT, TMPDIR: folder },
      // a path that leads nowhere else leads here, where changes are looked for
      cwd: folder,
    });
    let output = '';
    let errors = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    await once(child, 'close');
    if (child.exitCode === 0) return parseReport(output);
    const kept = join(keepIn, `uvs-fuzz-${wish.seed.replaceAll(/\W/g, '-')}-${process.pid}.upd`);
    copyFileSync(current, kept);
    throw new Error(`seed ${wish.seed} broke the reader (${child.signalCode ?? child.exitCode}); the package is ${kept}\n${errors}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
