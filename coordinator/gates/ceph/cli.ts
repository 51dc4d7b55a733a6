import { spawn } from 'node:child_process';
import { UvsError } from '../../../common/errors.ts';
import { killGroup } from '../kill-group.ts';
import { OutputTail } from '../output-tail.ts';

export interface CephCliOptions {
  /** The program with what comes before its own arguments, e.g. ["cephadm", "shell", "--", "ceph"]; no shell reads it. */
  readonly argv: readonly [string, ...string[]];
  /** e.g. "client.uvs" */
  readonly user: string;
  /** ceph.conf; undefined: the program's own default. */
  readonly conf: string | undefined;
  /** Undefined: where the configuration says. */
  readonly keyring: string | undefined;
  /** How long one command looks for a monitor: without a quorum it would hang for ever. */
  readonly connectSeconds: number;
}

export interface CephOutput {
  /** 0, or an errno of the cluster: 16 (EBUSY) is a no that may have its answer on stdout all the same. */
  readonly code: number;
  readonly stdout: string;
  /** Its end. */
  readonly stderr: string;
  /** The last line of what it said beside its answer, without "Error EBUSY:" in front. */
  readonly remark: string;
}

/** One question to the cluster. @throws UvsError DEADLINE_EXCEEDED, CANCELLED, PROGRAM_MISSING, UNREACHABLE */
export type AskCeph = (command: readonly string[], signal: AbortSignal) => Promise<CephOutput>;

/** A map of ten thousand OSDs is some megabytes of JSON. */
const MAX_OUTPUT_BYTES = 128 * 1024 * 1024;

/**
 * Makes the adapter of the `ceph` program. When the signal aborts its whole process group is killed: a command can hang past its own
 * deadlines even where there is a quorum (a paxos that is stuck), so nothing less is a deadline.
 */
export function cephCli(options: CephCliOptions): AskCeph {
  const [program, ...before] = options.argv;
  const args = [
    ...before,
    '--connect-timeout',
    String(options.connectSeconds),
    '--name',
    options.user,
    ...(options.conf === undefined ? [] : ['--conf', options.conf]),
    ...(options.keyring === undefined ? [] : ['--keyring', options.keyring]),
    '--format',
    'json',
  ];
  return (command, signal) => run(program, [...args, ...command], `ceph ${command.slice(0, 4).join(' ')}`, signal);
}

async function run(program: string, args: readonly string[], shown: string, signal: AbortSignal): Promise<CephOutput> {
  if (signal.aborted) throw cutOff(shown, signal);
  const child = spawn(program, args, {
    cwd: '/',
    env: { PATH: process.env['PATH'] ?? '/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8' },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const { promise, resolve, reject } = Promise.withResolvers<CephOutput>();
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  const tail = new OutputTail();
  child.stdout.on('data', (chunk: Buffer) => {
    sizeBytes += chunk.length;
    if (sizeBytes > MAX_OUTPUT_BYTES) reject(new UvsError('UNREACHABLE', `${shown} answered with more than ${MAX_OUTPUT_BYTES} bytes`));
    else chunks.push(chunk);
  });
  child.stderr.on('data', (chunk: Buffer) => tail.add(chunk));
  const onAbort = (): void => reject(cutOff(shown, signal));
  signal.addEventListener('abort', onAbort, { once: true });
  child.on('error', (cause) => {
    reject(new UvsError('PROGRAM_MISSING', `${program} cannot be run: ${cause.message}`, { cause, hint: 'Install ceph-common here.' }));
  });
  child.on('close', (code, killedBy) => {
    if (code === null) reject(new UvsError('UNREACHABLE', `${shown} was killed by ${killedBy ?? 'a signal'}`));
    else resolve(cephOutput(code, Buffer.concat(chunks).toString('utf8'), tail));
  });
  try {
    return await promise;
  } finally {
    signal.removeEventListener('abort', onAbort);
    killGroup(child);
    child.stdout.destroy();
    child.stderr.destroy();
  }
}

function cephOutput(code: number, stdout: string, tail: OutputTail): CephOutput {
  return { code, stdout, stderr: tail.text(), remark: tail.lastLine().replace(/^Error E[A-Z]+: ?/u, '') };
}

function cutOff(shown: string, signal: AbortSignal): UvsError {
  const isDeadline = signal.reason instanceof DOMException && signal.reason.name === 'TimeoutError';
  return isDeadline
    ? new UvsError('DEADLINE_EXCEEDED', `${shown} did not answer in time`, { hint: 'Without a quorum of monitors Ceph answers nothing.' })
    : new UvsError('CANCELLED', `${shown} was given up`);
}
