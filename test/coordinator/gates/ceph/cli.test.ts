import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import * as v from 'valibot';
import { askJson, askTogether, succeeded } from '../../../../coordinator/gates/ceph/answer.ts';
import { cephCli } from '../../../../coordinator/gates/ceph/cli.ts';
import { healthAnswer } from '../../../../coordinator/gates/ceph/health.ts';
import { jsonDocuments } from '../../../../coordinator/gates/ceph/json-documents.ts';
import { eventually } from '../../../support/eventually.ts';
import { errorOf } from '../../../support/failure.ts';
import { writeScript } from '../../../support/sandbox-cluster.ts';

const OSD = ['osd', 'dump'];
const HEALTH = ['health'];
const asked = v.object({ asked: v.string() });
const forever = new AbortController().signal;

/** The adapter with a shell script in place of the program. */
function cli(directory: string, script: string) {
  const program = writeScript(join(directory, 'ceph'), `#!/bin/sh\n${script}\n`);
  return cephCli({ argv: [program], user: 'client.uvs', conf: '/c.conf', keyring: '/k', connectSeconds: 4 });
}

void t.test('the program gets key, configuration and a limit for its search for a monitor', async (t) => {
  const { code, stdout } = await cli(t.testdir(), 'echo "$@"').ask(['osd', 'dump'], forever);
  t.equal(code, 0);
  t.equal(stdout, '--connect-timeout 4 --name client.uvs --conf /c.conf --keyring /k --format json osd dump\n');
});

void t.test('a no keeps its status, its answer and its reason apart', async (t) => {
  const said = await cli(t.testdir(), `echo '{"ok_to_stop":false}'; echo 'Error EBUSY: unsafe to stop' >&2; exit 16`).ask(['osd'], forever);
  t.match(said, { code: 16, stdout: '{"ok_to_stop":false}\n', remark: 'unsafe to stop' });
});

void t.test('at the deadline the program is killed, and what it has started too', async (t) => {
  const directory = t.testdir();
  const ceph = cli(directory, `sleep 20 & echo $! > ${directory}/child; wait`);
  const hang = ceph.ask(['health'], AbortSignal.timeout(300));
  t.match(await errorOf(hang), { reason: 'DEADLINE_EXCEEDED', message: 'ceph health did not answer in time' });
  const child = Number(readFileSync(join(directory, 'child'), 'utf8'));
  await eventually('the child is gone', () => !isAlive(child));
});

void t.test('an abort is told from a deadline, also before the program was started', async (t) => {
  const stop = new AbortController();
  const hang = cli(t.testdir(), 'sleep 20').ask(['health'], stop.signal);
  stop.abort();
  t.match(await errorOf(hang), { reason: 'CANCELLED' });
  t.match(await errorOf(cli(t.testdirName, 'exit 0').ask(['health'], stop.signal)), { reason: 'CANCELLED' });
});

void t.test('a program that is missing is named', async (t) => {
  const ceph = cephCli({ argv: ['/nowhere/ceph'], user: 'client.uvs', conf: undefined, keyring: undefined, connectSeconds: 4 });
  t.match(await errorOf(ceph.ask(['health'], forever)), { reason: 'PROGRAM_MISSING', message: /^\/nowhere\/ceph cannot be run/ });
});

void t.test('a command that fails is an error with what Ceph said; a missing capability says what to do', async (t) => {
  const failing = cli(t.testdir(), `echo 'Error EACCES: access denied' >&2; exit 13`);
  t.match(await errorOf(askJson(failing, ['health'], healthAnswer, forever)), {
    reason: 'PERMISSION_DENIED',
    message: 'ceph health: access denied',
    hint: /capabilities of docs\/ceph\.md/,
  });
  t.throws(() => succeeded({ code: 1, stdout: '', stderr: '', remark: '' }, ['mgr', 'fail']), {
    reason: 'UNREACHABLE',
    message: 'ceph mgr fail: exit status 1',
  });
});

void t.test('several commands are asked in one run, and their answers keep their order', async (t) => {
  const directory = t.testdir();
  const ceph = cli(directory, `echo run >> ${directory}/runs; while read -r line; do printf '\\n{"asked":\n "%s"}\\n' "$line"; done`);
  const read = await askTogether(ceph, [OSD, HEALTH], forever);
  t.equal(read(HEALTH, asked).asked, 'health');
  t.equal(read(OSD, asked).asked, 'osd dump');
  t.equal(readFileSync(join(directory, 'runs'), 'utf8'), 'run\n');
});

void t.test('where one of several commands fails there is no answer to any, and what it said is told', async (t) => {
  const denied = cli(t.testdir(), `cat > /dev/null; echo '{}'; echo 'Error EACCES: access denied' >&2; echo 'dumped fsmap' >&2`);
  t.match(await errorOf(denied.askAll([OSD, HEALTH], forever)), {
    reason: 'PERMISSION_DENIED',
    message: 'one of ceph osd dump, ceph health: access denied',
  });
  const deaf = cli(t.testdirName, `echo 'Error connecting' >&2; exit 1`);
  t.match(await errorOf(deaf.askAll([OSD, HEALTH], forever)), { reason: 'UNREACHABLE', message: /: Error connecting$/ });
});

void t.test('what stands beside the answers is told, and so is an answer that is missing', async (t) => {
  const talkative = cli(
    t.testdir(),
    `cat > /dev/null; echo '{"a":'; echo '1}'; printf 'Using \\033[1mrecent image\\n'; echo 'dumped all' >&2`,
  );
  t.match(await errorOf(talkative.askAll([OSD, HEALTH], forever)), {
    reason: 'UNREACHABLE',
    message: /^what answered ceph osd dump, ceph health is not JSON alone: "Using  ?\[1mrecent image"$/,
    hint: /^A wrapper in "argv"/,
  });
  const bytes = cli(t.testdirName, `cat > /dev/null; echo "b'{}'"`);
  t.match(await errorOf(bytes.askAll([HEALTH], forever)), { message: `what answered ceph health is not JSON alone: "b'{}'"` });
  const short = cli(t.testdirName, `cat > /dev/null; echo '{}'`);
  t.match(await errorOf(short.askAll([OSD, HEALTH], forever)), {
    message: 'one of ceph osd dump, ceph health was not answered: the answers were 1',
  });
});

void t.test('documents that follow one another are told apart', async (t) => {
  t.same(jsonDocuments('\n{"a":"}\\"{"}\n\n[1,{}]\n{\n "b": []\n}\n'), { documents: ['{"a":"}\\"{"}', '[1,{}]', '{\n "b": []\n}'] });
  t.same(jsonDocuments(' \n'), { documents: [] });
  for (const [text, strayAt] of [
    ['{', 0],
    ['{}}', 2],
    ['yes', 0],
    ['{} yes', 3],
    ['"text"', 0],
    ['{} {"a":"}', 3],
  ] as const) {
    t.same(jsonDocuments(text), { strayAt }, text);
  }
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
