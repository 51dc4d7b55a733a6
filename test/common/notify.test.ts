import t from 'tap';
import { createNotifier, withoutServiceManager } from '../../common/notify.ts';
import { eventually } from '../support/eventually.ts';
import { heardNotify } from '../support/heard-notify.ts';

void t.test('what the daemon says reaches systemd-notify in order, one program at a time', async (t) => {
  const heard = heardNotify(t);
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
  t.same(heard(), ['READY=1 STATUS=two lines', 'STATUS=idle'], 'no sign of life while unhealthy');
  isHealthy = true;
  await eventually('a sign of life', () => heard().includes('WATCHDOG=1'), 30_000);
  isHealthy = false; // or a sign of life may be on its way when the test has ended
  notifier.stopping();
  await notifier.flushed();
  t.equal(heard().at(-1), 'STOPPING=1');
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
