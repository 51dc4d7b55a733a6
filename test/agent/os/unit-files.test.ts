import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { UnitFiles } from '../../../agent/os/unit-files.ts';
import { eventually } from '../../support/eventually.ts';

const run = {
  operation: 'op-1',
  stateDirectory: '/var/lib/uvs-agent',
  index: 0,
  name: 'a task',
  program: '/bin/sh',
  args: ['-c', 'printf "%s|" "$0" "$@" "$A"; kill -9 $$', "it's $A `b` \\", 'two\nlines', '%n "c"'],
  env: { A: `'$HOME'`, PATH: '/usr/bin:/bin' },
  cwd: '/',
  timeoutMs: 1000,
};

void t.test('what a task says is there while it runs on', async (t) => {
  const files = new UnitFiles(t.testdir());
  await files.prepare({ ...run, args: ['-c', 'echo begun; exec sleep 30'] }, 'unit.service', 4096);
  const child = spawn('/bin/sh', [files.startScript], { stdio: 'ignore' });
  const output = join(files.directory, 'output');
  await eventually('its line is there', () => existsSync(output) && readFileSync(output, 'utf8') === 'begun\n');
  t.equal(child.exitCode, null);
  child.kill('SIGKILL');
  await once(child, 'exit');
});

void t.test('a start script hands everything on as it is, and keeps the first bytes of the output', async (t) => {
  for (const [most, kept] of [
    [4096, "it's $A `b` \\|two\nlines|%n \"c\"|'$HOME'|"],
    [7, "it's $A"],
  ] as const) {
    const files = new UnitFiles(join(t.testdir(), `it's ${most}`));
    await files.prepare(run, 'unit.service', most);
    t.equal(spawnSync('/bin/sh', [files.startScript], { stdio: 'ignore' }).signal, 'SIGKILL', 'its end is the unit’s');
    const output = (): string => readFileSync(join(files.directory, 'output'), 'utf8');
    await eventually('all output is there', () => output().length === kept.length);
    t.equal(output(), kept);
    t.equal(await files.result(run), undefined);
    writeFileSync(join(files.directory, 'result'), 'success exited 0 0 -\n');
    t.match(await files.result(run), { exitCode: 0 });
    await files.prepare(run, 'unit.service', most);
    t.equal(await files.result(run), undefined, 'another run begins without the result of the last one');
    await files.remove();
    t.notOk(await files.exist());
  }
});

void t.test('where systemd does not tell how long a task ran, it has not ended in time', async (t) => {
  const files = new UnitFiles(t.testdir());
  await files.prepare(run, 'no-such-unit.service', 4096);
  const env = { SERVICE_RESULT: 'timeout', EXIT_CODE: 'exited', EXIT_STATUS: '0' };
  spawnSync('/bin/sh', [files.endScript], { env, stdio: 'ignore' });
  t.match(await files.result(run), { isTimedOut: true });
});
