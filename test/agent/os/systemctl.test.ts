import t from 'tap';
import { reloadUnitsBy, systemctlBy } from '../../../agent/os/systemctl.ts';
import { Deadline } from '../../../common/deadline.ts';
import { UvsError } from '../../../common/errors.ts';

const never = new AbortController().signal;
const unit = 'ceph-osd@3.service';
/** A systemctl that does as this script says, whatever it is asked. */
const saying = (script: string): readonly [string, ...string[]] => ['sh', '-c', script];

/** The error of a `systemctl stop`, and of a daemon-reload, of that script. */
async function errorsOf(script: string, signal: () => AbortSignal): Promise<readonly unknown[]> {
  const asked = [systemctlBy(...saying(script))('stop', [], unit, signal()), reloadUnitsBy(...saying(script))(signal())];
  return (await Promise.allSettled(asked)).map((result) => (result.status === 'rejected' ? result.reason : result.value));
}

void t.test('what systemctl printed is returned, and what it said last is why it failed', async (t) => {
  t.equal(await systemctlBy(...saying('echo yes'))('show', [], unit, never), 'yes\n');
  t.match(await errorsOf('echo first >&2; echo last >&2; exit 5', () => never), [
    { reason: 'SERVICE_FAILED', message: `systemctl stop ${unit} failed: last`, hint: `See journalctl -u ${unit} on the node.` },
    { reason: 'SERVICE_FAILED', message: 'systemctl daemon-reload failed: last' },
  ]);
});

void t.test('a systemctl that does not answer in time is told as that, with what to look at', async (t) => {
  const slow = 'exec sleep 30';
  for (const signal of [() => AbortSignal.timeout(300), () => new Deadline(300, 'the stop').signal]) {
    t.match(await errorsOf(slow, signal), [
      { message: `systemctl stop ${unit} has not answered within 1 s`, hint: /systemctl list-jobs/ },
      { message: 'systemctl daemon-reload has not answered within 1 s' },
    ]);
  }
  const stopping = AbortSignal.abort(new UvsError('CANCELLED', 'the agent is stopping'));
  const [stop] = await errorsOf(slow, () => stopping);
  t.match(stop, { message: `systemctl stop ${unit} was given up: the agent is stopping` });
});

void t.test('one that says nothing is told by how it ended', async (t) => {
  const messages = async (script: string) =>
    (await errorsOf(script, () => never)).map((error) => (error instanceof Error ? error.message : ''));
  t.match(await messages('exit 4'), [
    `systemctl stop ${unit} failed: it ended with status 4`,
    'systemctl daemon-reload failed: it ended with status 4',
  ]);
  t.match(await messages('kill -KILL $$'), [/failed: it was ended by SIGKILL$/, /failed: it was ended by SIGKILL$/]);
  const missing = systemctlBy('/nonexistent/systemctl')('stop', [], unit, never);
  await t.rejects(missing, { message: `systemctl stop ${unit} failed: spawn /nonexistent/systemctl ENOENT` });
});
