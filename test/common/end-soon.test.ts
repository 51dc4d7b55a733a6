import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { WITHOUT_RUNNER } from '../support/without-runner.ts';

const module = new URL('../../common/end-soon.ts', import.meta.url).href;
const BYTES = 1_000_000;

/** A process that has said what it had to, and that something keeps. */
function kept(): ChildProcess {
  const script = `import { endSoon } from '${module}'; setInterval(() => {}, 1000); process.exitCode = 7; process.stdout.write('x'.repeat(${BYTES})); await endSoon();`;
  const [file, ...prefix] = WITHOUT_RUNNER;
  return spawn(file, [...prefix, process.execPath, '--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: 60_000,
    killSignal: 'SIGKILL',
  });
}

void t.test('a process ends with its exit code though something would keep it', async (t) => {
  const child = kept();
  child.stdout?.resume();
  t.same(await once(child, 'exit'), [7, null]);
});

void t.test('who reads the output slowly has all of it first', async (t) => {
  const child = kept();
  let bytes = 0;
  // longer than the time that all else has to end
  await delay(2_500);
  child.stdout?.on('data', (data: Buffer) => (bytes += data.length));
  const [code] = await once(child, 'close');
  t.equal(code, 7);
  t.equal(bytes, BYTES);
});
