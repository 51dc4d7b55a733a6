import { spawn } from 'node:child_process';
import * as v from 'valibot';
import { UvsError } from '../../../common/errors.ts';
import { killGroup } from '../kill-group.ts';
import { EACCES, failure } from './failure.ts';
import { jsonDocuments, type JsonDocuments } from './json-documents.ts';
import { OutputTail } from '../output-tail.ts';
import { answerText } from './text.ts';

export interface CephCliOptions {
  /** The program with what comes before its own arguments, e.g. ["ceph", "--cluster", "backup"]; it reads commands from its standard input, and no shell reads this. */
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

/** What asks the cluster. Both throw UvsError DEADLINE_EXCEEDED, CANCELLED, PROGRAM_MISSING, UNREACHABLE. */
export interface Ceph {
  /** One command; a no is an output like any other. */
  ask(command: readonly string[], signal: AbortSignal): Promise<CephOutput>;
  /**
   * Several commands that answer with JSON, in one run of the program: on a small machine most of an answer's time is the program's start.
   * @returns the text of each answer, in their order @throws also PERMISSION_DENIED; where one fails all have
   */
  askAll(commands: readonly (readonly string[])[], signal: AbortSignal): Promise<readonly string[]>;
}

/** A map of ten thousand OSDs is some megabytes of JSON. */
const MAX_OUTPUT_BYTES = 128 * 1024 * 1024;

/**
 * Makes the adapter of the `ceph` program. When the signal aborts its whole process group is killed: a command can hang past its own
 * deadlines even where there is a quorum (a paxos that is stuck), so nothing less is a deadline.
 */
export function cephCli(options: CephCliOptions): Ceph {
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
  return {
    ask: (command, signal) => run(program, [...args, ...command], '', describe(command), signal),
    askAll: async (commands, signal) => {
      const shown = commands.map(describe).join(', ');
      const input = commands.map((command) => `${command.join(' ')}\n`).join('');
      const { code, stdout, stderr, remark } = await run(program, args, input, shown, signal);
      const found = jsonDocuments(stdout);
      // of a command that fails there is no answer, and nothing says which it was
      if (code === 0 && 'documents' in found && found.documents.length === commands.length) return found.documents;
      const said = /^Error (?<name>E[A-Z]+): (?<text>[^\n]*)$/mu.exec(stderr)?.groups;
      if (code === 0 && said === undefined) throw unreadable(shown, stdout, found);
      throw failure(said?.['name'] === 'EACCES' ? EACCES : code, `one of ${shown}`, said?.['text'] ?? remark);
    },
  };
}

/** What the program says to have done, and is no answer: a wrapper's greeting, most often. */
function unreadable(shown: string, stdout: string, found: JsonDocuments): UvsError {
  const hint = 'A wrapper in "argv" of the gate may write nothing to standard output but what ceph does.';
  if ('documents' in found) {
    return new UvsError('UNREACHABLE', `one of ${shown} was not answered: the answers were ${found.documents.length}`, { hint });
  }
  const stray = /[^\n]*/u.exec(stdout.slice(found.strayAt))?.[0] ?? '';
  return new UvsError('UNREACHABLE', `what answered ${shown} is not JSON alone: "${v.parse(answerText, stray)}"`, { hint });
}

function describe(command: readonly string[]): string {
  return `ceph ${command.slice(0, 4).join(' ')}`;
}

async function run(program: string, args: readonly string[], input: string, shown: string, signal: AbortSignal): Promise<CephOutput> {
  if (signal.aborted) throw cutOff(shown, signal);
  const child = spawn(program, args, {
    cwd: '/',
    env: { PATH: process.env['PATH'] ?? '/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8' },
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const { promise, resolve, reject } = Promise.withResolvers<CephOutput>();
  // a program that is gone before it has read everything says so by its end
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
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
    child.stdin.destroy();
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
