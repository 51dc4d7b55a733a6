import { spawn } from 'node:child_process';
import { UvsError } from '../../common/errors.ts';
import { residentBytes } from './resident-bytes.ts';

/** What a command cost. */
export interface Measured {
  readonly wallMs: number;
  /** Of all its processes together, as sampled. */
  readonly peakRssBytes: number;
  /** As the kernel accounts writes to block devices, the command's children included (proc(5), write_bytes). */
  readonly writtenBytes: number;
}

const SAMPLE_MS = 10;
const OUTPUT_CHARACTERS = 4_000;
/** The shell waits for the command, so that the kernel adds the command's account to the shell's, which is read before it goes. */
const SCRIPT = '"$@"; status=$?; cat /proc/$$/io >&3; exit $status';

/** Runs a command to its end and measures it. @throws UvsError TASK_FAILED with the end of its output where it fails */
export async function measure(argv: readonly string[], cwd: string): Promise<Measured> {
  const startedMs = performance.now();
  const child = spawn('/bin/sh', ['-c', SCRIPT, 'sh', ...argv], { cwd, stdio: ['ignore', 'pipe', 'pipe', 'pipe'] });
  let account = '';
  let output = '';
  const [, out, err, third] = child.stdio;
  third?.on('data', (chunk: Buffer) => (account += chunk.toString()));
  for (const stream of [out, err]) stream?.on('data', (chunk: Buffer) => (output = (output + chunk.toString()).slice(-OUTPUT_CHARACTERS)));
  let peakRssBytes = 0;
  const sampler = setInterval(() => {
    if (child.pid !== undefined) peakRssBytes = Math.max(peakRssBytes, residentBytes(child.pid));
  }, SAMPLE_MS);
  const { promise, resolve, reject } = Promise.withResolvers<number | null>();
  child.on('error', reject).on('close', resolve);
  let wallMs = 0;
  child.on('exit', () => (wallMs = performance.now() - startedMs));
  try {
    const code = await promise;
    if (code !== 0) throw new UvsError('TASK_FAILED', `${argv.join(' ')} exited ${code ?? 'by a signal'}: ${output}`);
    return { wallMs, peakRssBytes, writtenBytes: Number(/^write_bytes: (\d+)/mu.exec(account)?.[1] ?? Number.NaN) };
  } finally {
    clearInterval(sampler);
  }
}
