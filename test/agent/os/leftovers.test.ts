import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { endLeftovers, youngestFirst } from '../../../agent/os/leftovers.ts';
import { eventually } from '../../support/eventually.ts';
import { patience } from '../../support/patience.ts';

t.setTimeout(240_000 * patience);

/** A process that a task of an agent that died might have left running. */
function leftover(operation: string, stateDirectory: string): ChildProcess {
  return spawn('sleep', ['60'], {
    env: { PATH: process.env['PATH'], UVS_OPERATION: operation, UVS_STATE_DIR: stateDirectory },
    stdio: 'ignore',
  });
}

void t.test("what an operation's tasks left running is ended; the tasks of others live on, also those of the same id", async (t) => {
  const own = [leftover('one', '/run/a'), leftover('one', '/run/a')];
  const others = [leftover('one', '/run/b'), leftover('two', '/run/a'), leftover('one', '/run/a/b')];
  const ends = (children: readonly ChildProcess[]) => Promise.all(children.map((child) => once(child, 'exit')));
  const [ownEnds, otherEnds] = [ends(own), ends(others)];
  t.equal(await endLeftovers({ operation: 'one', stateDirectory: '/run/a' }), 2);
  t.strictSame(
    (await ownEnds).map(([, signal]) => signal),
    ['SIGKILL', 'SIGKILL'],
  );
  for (const child of others) child.kill('SIGTERM');
  t.strictSame(
    (await otherEnds).map(([, signal]) => signal),
    ['SIGTERM', 'SIGTERM', 'SIGTERM'],
    'nobody else has ended them',
  );
});

/** Goes on as another process, of another group and session, every 0.5 ms, for ten seconds: in step with what looks for it. */
const HOPPING = `
  use POSIX;
  syswrite(STDOUT, "begun");
  my $end = time + 10;
  while (time < $end) {
    if (fork) { POSIX::_exit(0) }
    POSIX::setsid();
    select(undef, undef, undef, ${0.0005 * patience});
  }`;

/** Starts what looks like a task's process, and the next as soon as that is killed; ends with its reader. */
const START_AGAIN = 'while echo begun; do UVS_OPERATION="$1" UVS_STATE_DIR="$2" "$3" 1; done';

void t.test('the youngest process is known also where process ids have begun anew', (t) => {
  t.strictSame(youngestFirst([1, 20, 300, 4000], 5000), [4000, 300, 20, 1]);
  t.strictSame(youngestFirst([1, 20, 300, 4000], 25), [20, 1, 4000, 300]);
  t.end();
});

void t.test('a process that forks and ends again and again is ended, though no listing of processes is true of it for long', async (t) => {
  for (let round = 0; round < 3; round += 1) {
    const stateDirectory = `/run/hopping-${process.pid}-${round}`;
    const { stdout } = spawn('perl', ['-e', HOPPING], {
      env: { PATH: process.env['PATH'], UVS_OPERATION: 'hopping', UVS_STATE_DIR: stateDirectory },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    await once(stdout, 'data');
    t.ok((await endLeftovers({ operation: 'hopping', stateDirectory })) > 0, 'it was found');
    t.equal(await endLeftovers({ operation: 'hopping', stateDirectory }), 0, 'and nothing of it is left');
  }
});

const asRoot = { skip: process.getuid?.() === 0 ? false : 'needs root to start something as somebody else' };

/** Runs as nobody, again and again, a program with the marks of an operation's tasks, and asks that its tasks are ended. */
async function endBeside(t: Tap, program: string): Promise<void> {
  const owner = { operation: 'not-mine', stateDirectory: `/run/not-mine-${process.pid}` };
  const args = ['-c', START_AGAIN, 'sh', owner.operation, owner.stateDirectory, program];
  const loops = Array.from({ length: 4 }, () =>
    spawn('setpriv', ['--reuid=65534', '--regid=65534', '--clear-groups', 'sh', ...args], { stdio: ['ignore', 'pipe', 'ignore'] }),
  );
  await Promise.all(loops.map(({ stdout }) => once(stdout, 'data')));
  await t.resolves(endLeftovers(owner));
  for (const loop of loops) loop.kill('SIGKILL');
  await endLeftovers(owner);
}
type Tap = Pick<typeof t, 'resolves'>;

void t.test('what somebody without rights starts again and again, as if it were a task’s, is waited for by nobody', asRoot, async (t) => {
  await endBeside(t, 'sleep');
});

void t.test('nor is a setuid program that such a user starts, though it runs as root', asRoot, async (t) => {
  const folder = t.testdir();
  const program = join(folder, 'sleep');
  copyFileSync('/bin/sleep', program);
  chmodSync(program, 0o4755);
  const one = spawn('setpriv', ['--reuid=65534', '--regid=65534', '--clear-groups', program, '60'], { stdio: 'ignore' });
  t.teardown(() => one.kill('SIGKILL'));
  await eventually('it runs as root', () => /^Uid:\s+65534\s+0\s/mu.test(readFileSync(`/proc/${one.pid ?? 0}/status`, 'utf8')));
  await endBeside(t, program);
});
