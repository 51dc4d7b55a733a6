import { execFileSync, spawn, spawnSync } from 'node:child_process';
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

void t.test('a daemon that somebody has started again is named, runs on, and keeps the folder', async (t) => {
  const dir = join(t.testdir(), 'demo');
  mkdirSync(dir);
  const again = spawn('sh', ['-c', 'read line', 'uvs-agent', `${dir}/agent.toml`]);
  const reader = spawn('sh', ['-c', 'read line', 'tail', `${dir}/logs/uvs-agent.log`]);
  const script = writeStopScript(dir, []);
  const refused = spawnSync(script, { encoding: 'utf8' });
  t.equal(refused.status, 1);
  t.match(refused.stderr, new RegExp(`runs on its folder: ${again.pid} sh .*agent\\.toml\\n.*kill PID`, 'u'));
  t.notMatch(refused.stderr, String(reader.pid));
  t.ok(existsSync(dir));
  again.kill();
  await once(again, 'exit');
  execFileSync(script);
  t.notOk(existsSync(dir));
  reader.kill();
});
