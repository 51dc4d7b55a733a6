import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { writeStopScript } from './stop-script.ts';

void t.test('the demo’s stop script ends its own processes, and removes its folder', async (t) => {
  const dir = join(t.testdir(), 'demo');
  mkdirSync(dir);
  const daemons = [spawn('sleep', ['600']), spawn('sleep', ['600'])];
  const script = writeStopScript(
    dir,
    daemons.map(({ pid }) => pid ?? 0),
  );
  const ended = Promise.all(daemons.map((daemon) => once(daemon, 'exit')));
  execFileSync(script);
  t.same(await ended, [
    [null, 'SIGTERM'],
    [null, 'SIGTERM'],
  ]);
  t.notOk(existsSync(dir));
});

void t.test('a process that has got the number of one of them is left alone', async (t) => {
  const dir = join(t.testdir(), 'demo');
  mkdirSync(dir);
  const stranger = spawn('sleep', ['600']);
  const script = writeStopScript(dir, [stranger.pid ?? 0]);
  const began = new RegExp(`${stranger.pid}:(\\d+)`, 'u');
  // as if the daemon had begun, and ended, before the stranger got its number
  writeFileSync(
    script,
    readFileSync(script, 'utf8').replace(began, (_, start: string) => `${stranger.pid}:${Number(start) - 1}`),
  );
  execFileSync(script);
  t.equal(stranger.exitCode ?? stranger.signalCode, null);
  t.notOk(existsSync(dir));
  stranger.kill();
});
