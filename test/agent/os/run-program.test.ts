import t from 'tap';
import { runProgram } from '../../../agent/os/run-program.ts';

void t.test('a program that the agent starts can not speak for it to the service manager', async (t) => {
  process.env['NOTIFY_SOCKET'] = '/run/systemd/notify';
  process.env['UVS_TEST_MARK'] = 'passed on';
  t.teardown(() => {
    delete process.env['NOTIFY_SOCKET'];
    delete process.env['UVS_TEST_MARK'];
  });
  const { code, stdout } = await runProgram({ program: 'env', args: [], from: 'coreutils' });
  t.equal(code, 0);
  t.match(stdout, /^UVS_TEST_MARK=passed on$/m);
  t.notMatch(stdout, 'NOTIFY_SOCKET');
});
