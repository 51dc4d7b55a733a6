import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { shadowsRecovery } from '../../agent/files/recovery-needs.ts';
import { UnitFiles } from '../../agent/os/unit-files.ts';
import { AgentPrograms, launcherSource } from '../support/agent-versions.ts';
import { LaunchedNode } from '../support/launched-node.ts';
import { eventually } from '../support/eventually.ts';
import { file, TestNode } from '../support/update-node.ts';
import { emulation, patience } from '../support/patience.ts';

t.setTimeout(120_000 * patience);

/** A directory of programs that come first on a PATH: whichever is run leaves its name. */
class Shadows {
  readonly path: string;
  readonly #told: string;

  constructor(folder: string) {
    const directory = join(folder, 'local');
    this.#told = join(folder, 'told');
    this.path = `${directory}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin`;
    mkdirSync(directory);
    const names = ['/usr/bin', '/usr/sbin']
      .flatMap((one) => readdirSync(one))
      .filter((name) => shadowsRecovery(`usr/bin/${name}`) !== undefined);
    for (const name of new Set([...names, 'ceph'])) {
      const path = join(directory, name);
      writeFileSync(path, `#!/bin/sh\necho ${name} >> '${this.#told}'\nexit 1\n`);
      chmodSync(path, 0o755);
    }
  }

  /** What was run. */
  ran(): string {
    return existsSync(this.#told) ? readFileSync(this.#told, 'utf8') : '';
  }
}

void t.test('the launcher and the agents run nothing that comes first on the PATH of their environment', async (t) => {
  using folder = new TestNode();
  const programs = await AgentPrograms.make(folder.directory);
  const shadows = new Shadows(folder.directory);
  t.equal(spawnSync('sync', { env: { PATH: shadows.path } }).status, 1, 'they come first');
  t.equal(shadows.ran(), 'sync\n');
  writeFileSync(join(folder.directory, 'told'), '');
  using node = new LaunchedNode({ name: 'deb-1', program: programs.good('packaged') });
  await node.buildWithAgent(
    'one',
    { name: '0.2.1', program: programs.good('next') },
    { seq: 1, files: [file('opt/data', 'x', { xattrs: { 'user.a': 'eA==' } })] },
  );
  const applied = await node.apply('one', { path: shadows.path });
  t.equal(applied.code, 0, applied.output);
  t.match(applied.output, /Handing over to agent 0\.2\.1/);
  const broken = { name: '0.2.2', program: 'process.exit(3);' };
  await node.buildWithAgent('two', broken, { seq: 2 });
  t.match((await node.apply('two', { path: shadows.path })).output, /the new agent 0\.2\.2 ended with status 3/);
  t.equal(shadows.ran(), '');
  const alone = async (seq: number, path: string): Promise<number | null> => {
    await node.build('alone', { seq, files: [file('opt/data', `${seq}`)] });
    const options = ['--root', node.root, '--no-slot', '--reason', 'a test', '--root-file', node.rootFile];
    const args = [join(folder.directory, 'uvs-agent.mjs'), 'apply', node.packagePath('alone'), ...options];
    return spawnSync(process.execPath, args, { env: { PATH: path, ...emulation } }).status;
  };
  t.equal(await alone(3, shadows.path), 0, 'an agent that no launcher started');
  t.equal(shadows.ran(), '');
  writeFileSync(join(node.root, 'etc/uvs/agent.toml'), `programPath = ${JSON.stringify(shadows.path)}\n`);
  t.not(await alone(4, '/usr/bin:/bin'), 0, 'its configuration has a say');
  t.match(shadows.ran(), 'flock');
});

void t.test('the scripts around a task run nothing that comes first on the PATH of their unit', async (t) => {
  const folder = t.testdir();
  const shadows = new Shadows(folder);
  const files = new UnitFiles(join(folder, 'task'));
  const run = {
    operation: 'op-1',
    stateDirectory: '/var/lib/uvs-agent',
    index: 0,
    name: 'a task',
    program: '/bin/sh',
    args: ['-c', 'echo "$PATH"'],
    env: { PATH: '/opt/bin' },
    cwd: '/',
    timeoutMs: 1000,
  };
  await files.prepare(run, 'unit.service', 4096);
  const inUnit = { PATH: shadows.path, SERVICE_RESULT: 'success', EXIT_CODE: 'exited', EXIT_STATUS: '0' };
  t.equal(spawnSync('/bin/sh', [files.startScript], { env: inUnit }).status, 0);
  t.equal(spawnSync('/bin/sh', [files.endScript], { env: inUnit }).status, 0);
  const output = (): string => (existsSync(join(files.directory, 'output')) ? readFileSync(join(files.directory, 'output'), 'utf8') : '');
  await eventually('its output is there', () => output() === '/opt/bin\n');
  t.match(await files.result(run), { exitCode: 0 });
  t.equal(shadows.ran(), '');
});

void t.test('no release brings a program by the name of one that the launcher runs', (t) => {
  const builtIn = new Set(['echo', 'kill', 'printf']);
  // words of its sentences, and of its own
  const others = new Set(['link', 'uptime', 'watch', 'yes']);
  const code = readFileSync(launcherSource, 'utf8').replaceAll(/^ *#.*$/gmu, '');
  const words = new Set(code.match(/[a-z][a-z0-9_-]+/gu));
  const programs = new Set(['/usr/bin', '/usr/sbin'].flatMap((one) => readdirSync(one)));
  const run = [...words].filter((word) => programs.has(word) && !builtIn.has(word) && !others.has(word));
  t.ok(run.includes('flock') && run.length > 10, 'they are found');
  t.strictSame(
    run.filter((name) => shadowsRecovery(`usr/local/sbin/${name}`) === undefined),
    [],
  );
  t.end();
});
