import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const script = fileURLToPath(new URL('../../packaging/install-programs.sh', import.meta.url));
/** Program and Debian package, as the script lists them. */
const wanted = [...(/^wanted=\((.*?)\)$/msu.exec(readFileSync(script, 'utf8'))?.[1] ?? '').matchAll(/(\S+):(\S+)/gu)].map(
  ([, program = '', debian = '']) => ({ program, debian }),
);
const programs = wanted.map(({ program }) => program);

/** Runs it on a machine that has nothing but these programs; those with a text do what it says. */
function machine(directory: string, has: Readonly<Record<string, string>>): { code: number | null; out: string; err: string } {
  mkdirSync(directory);
  for (const [name, text] of Object.entries(has)) {
    writeFileSync(join(directory, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(directory, name), 0o755);
  }
  const { status, stdout, stderr } = spawnSync('/bin/bash', [script], { env: { PATH: directory }, encoding: 'utf8', timeout: 20_000 });
  return { code: status, out: stdout, err: stderr };
}

const allBut = (...missing: readonly string[]): Record<string, string> =>
  Object.fromEntries(programs.filter((name) => !missing.includes(name)).map((name) => [name, 'exit 0']));

void t.test('a machine that has everything needs no apt, and nothing is said', async (t) => {
  t.same(machine(join(t.testdir(), 'bin'), allBut()), { code: 0, out: '', err: '' });
});

void t.test('without apt it names each program that is missing, its package, and how to say where it is', async (t) => {
  for (const program of programs) {
    const { code, out, err } = machine(join(t.testdir(), program), allBut(program));
    t.equal(code, 1);
    t.equal(out, '');
    t.match(err, `missing programs: ${program}\n`);
    t.match(err, /no apt-get here: install them with your package manager \(Debian calls the packages: [a-z0-9-]+\)/);
    t.match(err, `PATH=/opt/${program}/bin:$PATH make deps`);
  }
  const { err } = machine(join(t.testdir(), 'none'), {});
  t.match(err, `missing programs: ${programs.join(' ')}\n`);
  t.match(err, wanted.map(({ debian }) => debian).join(' '));
  t.ok(programs.includes('etcd') && programs.includes('ceph-osd'), 'what the list is made of is found');
});

void t.test('with apt, but without root, it names them and the command; nothing is installed', async (t) => {
  const called = join(t.testdir(), 'called');
  const has = { ...allBut('etcd', 'promtool'), id: 'echo 1000', 'apt-get': `: > ${called}` };
  const { code, err } = machine(join(t.testdirName, 'bin'), has);
  t.equal(code, 1);
  t.match(err, 'missing programs: etcd promtool; run as root once, or: apt-get install etcd-server prometheus\n');
  t.notOk(existsSync(called));
});

void t.test('with apt and root only what is missing is installed', async (t) => {
  const called = join(t.testdir(), 'called');
  const has = { ...allBut('etcd'), id: 'echo 0', 'apt-get': `echo "$@" >> ${called}` };
  const { code, err } = machine(join(t.testdirName, 'bin'), has);
  t.equal(code, 0, err);
  t.match(readFileSync(called, 'utf8'), /update\n.* install etcd-server\n$/);
});
