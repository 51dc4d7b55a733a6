import { spawn } from 'node:child_process';
import type { NodeRecord } from '../domain.ts';
import type { Gate, GateAnswer, GateQuestion } from '../ports.ts';
import { killGroup } from './kill-group.ts';
import { OutputTail } from './output-tail.ts';

export interface CommandGateOptions {
  readonly name: string;
  /** Program (absolute, or found on the PATH) and its arguments; no shell reads them. */
  readonly argv: readonly [string, ...string[]];
  readonly timeoutMs: number;
}

/** How long output may still arrive after the program has exited: a child that outlives it may hold the pipe open for ever. */
const LAST_OUTPUT_MS = 250;

/** The kernel starts no program with an argument or a variable above 128 KiB: UVS_BEGUN is left out before that, whatever the names are. */
const MOST_BEGUN_BYTES = 64 * 1024;

/**
 * Makes a gate that runs a program: exit status 0 is a yes, all else a no with the last non-empty line of its output as the reason.
 * The program gets PATH and, about the question, UVS_MOMENT (before-grant, before-begin, after), UVS_NODE_UID, UVS_NODE_NAME,
 * UVS_NODE_ROLES and UVS_BEGUN (host names of the nodes that have begun); lists are separated by commas. At the deadline, and when it
 * has exited, its whole process group is killed. On its standard input it finds the same as one JSON object: moment, node {uid, name, roles} and
 * begun [{uid, name, roles}]; where so many have begun that UVS_BEGUN would be too long, that variable is not set and only the object names them.
 */
export function commandGate(options: CommandGateOptions): Gate {
  return { name: options.name, kind: 'command', ask: (question, signal) => run(options, question, signal) };
}

async function run(options: CommandGateOptions, question: GateQuestion, signal: AbortSignal): Promise<GateAnswer> {
  if (signal.aborted) return { isYes: false, message: 'not asked: cancelled' };
  const [program, ...args] = options.argv;
  const child = spawn(program, args, { cwd: '/', env: environment(question), detached: true, stdio: 'pipe' });
  // a program need not read it
  child.stdin.on('error', () => undefined);
  child.stdin.end(`${JSON.stringify(document(question))}\n`);
  const tail = new OutputTail();
  child.stdout.on('data', (chunk: Buffer) => tail.add(chunk));
  child.stderr.on('data', (chunk: Buffer) => tail.add(chunk));

  const { promise, resolve } = Promise.withResolvers<GateAnswer>();
  const stop = (why: string): void => {
    killGroup(child);
    const said = tail.lastLine();
    resolve({ isYes: false, message: said === '' ? why : `${why}; it last said: ${said}` });
  };
  const onAbort = (): void => stop('cancelled before it answered');
  const timer = setTimeout(() => stop(`no answer from ${program} within ${options.timeoutMs / 1000} s`), options.timeoutMs);
  signal.addEventListener('abort', onAbort, { once: true });

  child.on('error', (error) => resolve({ isYes: false, message: `${program} cannot be run: ${error.message}` }));
  child.on('exit', (code, killedBy) => {
    killGroup(child);
    const answer = (): void => resolve(answerOf(code, killedBy, tail.lastLine()));
    child.on('close', answer);
    setTimeout(answer, LAST_OUTPUT_MS).unref();
  });
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
    child.stdin.destroy();
    child.stdout.destroy();
    child.stderr.destroy();
  }
}

function environment(question: GateQuestion): NodeJS.ProcessEnv {
  const { moment, node } = question;
  const begun = question.begun.map(({ hostname }) => hostname).join(',');
  return {
    PATH: process.env['PATH'] ?? '/usr/sbin:/usr/bin:/sbin:/bin',
    LANG: 'C.UTF-8',
    UVS_MOMENT: moment,
    UVS_NODE_UID: node.uid,
    UVS_NODE_NAME: node.hostname,
    UVS_NODE_ROLES: node.roles.join(','),
    ...(Buffer.byteLength(begun) > MOST_BEGUN_BYTES ? {} : { UVS_BEGUN: begun }),
  };
}

function document({ moment, node, begun }: GateQuestion): Record<string, unknown> {
  const named = ({ uid, hostname, roles }: NodeRecord): Record<string, unknown> => ({ uid, name: hostname, roles });
  return { moment, node: named(node), begun: begun.map(named) };
}

function answerOf(code: number | null, killedBy: NodeJS.Signals | null, lastLine: string): GateAnswer {
  if (code === 0) return { isYes: true, message: lastLine };
  const how = killedBy === null ? `exited with status ${code ?? 'unknown'}` : `was killed by ${killedBy}`;
  return { isYes: false, message: lastLine === '' ? `${how} without a reason` : lastLine };
}
