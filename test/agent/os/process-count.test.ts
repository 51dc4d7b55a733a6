import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import t from 'tap';
import { ProcessCount } from '../../../agent/os/process-count.ts';
import { eventually } from '../../support/eventually.ts';

const owner = { operation: 'op-counted', stateDirectory: '/run/counted' };
/** Of nobody. */
const SESSION = 0x7fff_ffff;
const NOBODY = '65534';

function marked(...before: readonly string[]): ChildProcess {
  const [program, ...args] = [...before, 'sleep', '60'];
  return spawn(program, args, {
    env: { PATH: process.env['PATH'], UVS_OPERATION: owner.operation, UVS_STATE_DIR: owner.stateDirectory },
    stdio: 'ignore',
  });
}

void t.test('what has the mark of a task is counted where it is of the agent’s own user alone', async (t) => {
  const theirs = marked('setpriv', '--reuid', NOBODY, '--regid', NOBODY, '--clear-groups');
  t.teardown(() => theirs.kill('SIGKILL'));
  const { pid = 0 } = theirs;
  await eventually('it runs as somebody else', () => /^Uid:\s+65534\s/mu.test(readFileSync(`/proc/${pid}/status`, 'utf8')));
  await eventually('it is the program', () => readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith('sleep'));
  t.equal(new ProcessCount(owner, SESSION).isAbove(0), false);
  const ours = marked();
  t.teardown(() => ours.kill('SIGKILL'));
  await eventually('ours is counted', () => new ProcessCount(owner, SESSION).isAbove(0));
  t.equal(new ProcessCount(owner, SESSION).isAbove(1), false);
});
