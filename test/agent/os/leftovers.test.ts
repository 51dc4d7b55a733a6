import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import t from 'tap';
import { endLeftovers } from '../../../agent/os/leftovers.ts';

t.setTimeout(30_000);

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
