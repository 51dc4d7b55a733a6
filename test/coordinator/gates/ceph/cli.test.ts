import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { askJson, succeeded } from '../../../../coordinator/gates/ceph/answer.ts';
import { cephCli } from '../../../../coordinator/gates/ceph/cli.ts';
import { healthAnswer } from '../../../../coordinator/gates/ceph/health.ts';
import { eventually } from '../../../support/eventually.ts';
import { errorOf } from '../../../support/failure.ts';
import { writeScript } from '../../../support/sandbox-cluster.ts';

const forever = new AbortController().signal;

/** The adapter with a shell script in place of the program. */
function cli(directory: string, script: string) {
  const program = writeScript(join(directory, 'ceph'), `#!/bin/sh\n${script}\n`);
  return cephCli({ argv: [program], user: 'client.uvs', conf: '/c.conf', keyring: '/k', connectSeconds: 4 });
}

void t.test('the program gets key, configuration and a limit for its search for a monitor', async (t) => {
  const { code, stdout } = await cli(t.testdir(), 'echo "$@"')(['osd', 'dump'], forever);
  t.equal(code, 0);
  t.equal(stdout, '--connect-timeout 4 --name client.uvs --conf /c.conf --keyring /k --format json osd dump\n');
});

void t.test('a no keeps its status, its answer and its reason apart', async (t) => {
  const said = await cli(t.testdir(), `echo '{"ok_to_stop":false}'; echo 'Error EBUSY: unsafe to stop' >&2; exit 16`)(['osd'], forever);
  t.match(said, { code: 16, stdout: '{"ok_to_stop":false}\n', remark: 'unsafe to stop' });
});

void t.test('at the deadline the program is killed, and what it has started too', async (t) => {
  const directory = t.testdir();
  const ask = cli(directory, `sleep 1000 & echo $! > ${directory}/child; wait`);
  const hang = ask(['health'], AbortSignal.timeout(300));
  t.match(await errorOf(hang), { reason: 'DEADLINE_EXCEEDED', message: 'ceph health did not answer in time' });
  const child = Number(readFileSync(join(directory, 'child'), 'utf8'));
  await eventually('the child is gone', () => !isAlive(child));
});

void t.test('an abort is told from a deadline, also before the program was started', async (t) => {
  const stop = new AbortController();
  const hang = cli(t.testdir(), 'sleep 1000')(['health'], stop.signal);
  stop.abort();
  t.match(await errorOf(hang), { reason: 'CANCELLED' });
  t.match(await errorOf(cli(t.testdirName, 'exit 0')(['health'], stop.signal)), { reason: 'CANCELLED' });
});

void t.test('a program that is missing is named', async (t) => {
  const ask = cephCli({ argv: ['/nowhere/ceph'], user: 'client.uvs', conf: undefined, keyring: undefined, connectSeconds: 4 });
  t.match(await errorOf(ask(['health'], forever)), { reason: 'PROGRAM_MISSING', message: /^\/nowhere\/ceph cannot be run/ });
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

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
