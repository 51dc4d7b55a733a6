import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { createNotifier, withoutServiceManager } from '../../common/notify.ts';

void t.test('what the daemon says reaches systemd-notify in order, one program at a time', async (t) => {
  const dir = t.testdir();
  const program = join(dir, 'systemd-notify');
  await writeFile(program, `#!/bin/sh\necho "$@" >> ${dir}/said\n`);
  await chmod(program, 0o755);
  const path = process.env['PATH'];
  process.env['PATH'] = `${dir}:${path ?? ''}`;
  t.teardown(() => {
    process.env['PATH'] = path;
  });
  let isHealthy = false;
  using notifier = createNotifier({
    env: { NOTIFY_SOCKET: '/run/x', WATCHDOG_USEC: '30000' },
    pid: 42,
    isHealthy: () => isHealthy,
    onFailure: (error) => t.fail(error.message),
  });
  notifier.ready('two\nlines');
  notifier.status('idle');
  notifier.status('idle');
  await notifier.flushed();
  t.equal(await readFile(join(dir, 'said'), 'utf8'), 'READY=1 STATUS=two lines\nSTATUS=idle\n', 'no sign of life while unhealthy');
  isHealthy = true;
  while (!(await readFile(join(dir, 'said'), 'utf8')).includes('WATCHDOG=1')) await notifier.flushed();
  isHealthy = false; // or a sign of life may be on its way when the test has ended
  notifier.stopping();
  await notifier.flushed();
  t.match(await readFile(join(dir, 'said'), 'utf8'), /STOPPING=1\n/);
});

void t.test('without a service manager nothing is started', async (t) => {
  using notifier = createNotifier({ env: {}, pid: 1, isHealthy: () => true, onFailure: (error) => t.fail(error.message) });
  notifier.ready('x');
  await notifier.flushed();
});

void t.test('a child that must not speak for the daemon does not know whom to speak to', async (t) => {
  const env = { NOTIFY_SOCKET: '/run/x', WATCHDOG_PID: '1', WATCHDOG_USEC: '30000', PATH: '/bin' };
  t.same(withoutServiceManager(env), { PATH: '/bin' });
});
