import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { commandGate } from '../../../coordinator/gates/command.ts';
import type { GateAnswer, GateQuestion } from '../../../coordinator/ports.ts';
import { node } from '../../support/domain-records.ts';

const question: GateQuestion = {
  moment: 'before-begin',
  node: node('demo149', ['mon', 'mgr']),
  begun: [node('demo150', ['osd']), node('demo151', ['osd'])],
  othersChangedMs: 0,
  hasEnded: true,
  changedMs: 0,
  leadingSinceMs: 0,
  acknowledged: [],
  restarted: undefined,
  begunMark: '',
  drains: [],
};

function ask(script: string, timeoutMs = 5_000, signal = new AbortController().signal): Promise<GateAnswer> {
  return commandGate({ name: 'test', argv: ['/bin/sh', '-c', script], timeoutMs }).ask(question, signal);
}

/** Whether a process is there and not a zombie. */
async function isAlive(pid: number): Promise<boolean> {
  try {
    return !/\) [ZX] /u.test(await readFile(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

async function until(isSo: () => Promise<boolean>, deadlineMs: number): Promise<boolean> {
  const endMs = performance.now() + deadlineMs;
  while (performance.now() < endMs) {
    if (await isSo()) return true;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return false;
}

void t.test('exit status 0 is a yes', async (t) => {
  t.strictSame(await ask('echo fine; exit 0'), { isYes: true, message: 'fine' });
});

void t.test('another exit status is a no with the last line that says anything', async (t) => {
  t.strictSame(await ask('echo first; echo "osd.2 is down" >&2; echo; exit 3'), { isYes: false, message: 'osd.2 is down' });
  t.strictSame(await ask('exit 3'), { isYes: false, message: 'exited with status 3 without a reason' });
  t.strictSame(await ask('kill -TERM $$'), { isYes: false, message: 'was killed by SIGTERM without a reason' });
});

void t.test('the program finds the question in its environment and nothing else of ours', async (t) => {
  const answer = await ask('echo "$UVS_MOMENT $UVS_NODE_UID $UVS_NODE_NAME $UVS_NODE_ROLES $UVS_BEGUN home=$HOME"');
  t.strictSame(answer, { isYes: true, message: 'before-begin uid-demo149 demo149 mon,mgr demo150,demo151 home=' });
});

void t.test('the program finds the question as one JSON object on its standard input, too', async (t) => {
  const program = [process.execPath, '-e', 'process.stdout.write(require("fs").readFileSync(0))'] as const;
  const { message } = await commandGate({ name: 'test', argv: program, timeoutMs: 5_000 }).ask(question, new AbortController().signal);
  t.strictSame(JSON.parse(message), {
    moment: 'before-begin',
    node: { uid: 'uid-demo149', name: 'demo149', roles: ['mon', 'mgr'] },
    begun: [
      { uid: 'uid-demo150', name: 'demo150', roles: ['osd'] },
      { uid: 'uid-demo151', name: 'demo151', roles: ['osd'] },
    ],
  });
});

void t.test('a program is asked beside ten thousand nodes that have begun, whether it reads who they are or not', async (t) => {
  const many = Array.from({ length: 10_000 }, (_, place) => node(`storage-${String(place).padStart(5, '0')}`, ['osd']));
  const askBesideMany = (script: string): Promise<GateAnswer> =>
    commandGate({ name: 'test', argv: ['/bin/sh', '-c', script], timeoutMs: 5_000 }).ask(
      { ...question, moment: 'after', begun: many },
      new AbortController().signal,
    );
  const script = 'echo "${UVS_BEGUN-left out} $UVS_NODE_NAME $(grep -o storage-[0-9]* | sort -u | wc -l)"';
  t.strictSame(await askBesideMany(script), { isYes: true, message: 'left out demo149 10000' });
  t.strictSame(await askBesideMany('echo fine'), { isYes: true, message: 'fine' });
  t.strictSame(await askBesideMany('exec <&-; sleep 0.1; echo closed'), { isYes: true, message: 'closed' });
  t.strictSame(await askBesideMany('head -c 10 >/dev/null; exit 3'), { isYes: false, message: 'exited with status 3 without a reason' });
});

void t.test('a program that is silent past the deadline is a no, and its whole process group is dead', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'uvs-gate-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const pidFile = join(folder, 'pid');
  const answer = await ask(`sleep 600 & echo $! > ${pidFile}; echo asking the monitors; wait`, 300);
  t.match(answer, { isYes: false, message: /no answer from \/bin\/sh within 0\.3 s; it last said: asking the monitors/ });
  const child = Number(await readFile(pidFile, 'utf8'));
  t.ok(child > 1);
  t.ok(await until(async () => !(await isAlive(child)), 2_000), 'the grandchild is dead too');
});

void t.test('an abort is a no and kills the program', async (t) => {
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 100);
  t.match(await ask('exec sleep 600', 60_000, controller.signal), { isYes: false, message: /cancelled/ });
  t.match(await ask('exit 0', 60_000, AbortSignal.abort()), { isYes: false, message: /cancelled/ });
});

void t.test('a child that escapes with the pipe in its hand does not delay the answer', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'uvs-gate-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const pidFile = join(folder, 'pid');
  const startedMs = performance.now();
  const answer = await ask(
    `setsid sh -c 'echo $$ > ${pidFile}; exec sleep 600' & while [ ! -s ${pidFile} ]; do sleep 0.01; done; echo yes`,
  );
  t.strictSame(answer, { isYes: true, message: 'yes' });
  t.ok(performance.now() - startedMs < 3_000);
  process.kill(Number(await readFile(pidFile, 'utf8')), 'SIGKILL');
});

void t.test('endless output costs no memory and its control characters are not shown', async (t) => {
  const answer = await ask(
    String.raw`yes | head -c 30000000; printf '\033[31mred\033[0m %s\n' "$(head -c 3000 /dev/zero | tr '\0' x)"; exit 1`,
  );
  t.equal(answer.isYes, false);
  t.ok(answer.message.length <= 500);
  t.notMatch(answer.message, /\p{Cc}/u);
  t.match(answer.message, /red/);
});

void t.test('a program that is not there is a no that names it', async (t) => {
  const gate = commandGate({ name: 'test', argv: ['/nonexistent/gate'], timeoutMs: 1_000 });
  t.match(await gate.ask(question, new AbortController().signal), { isYes: false, message: /\/nonexistent\/gate cannot be run.*ENOENT/ });
});
