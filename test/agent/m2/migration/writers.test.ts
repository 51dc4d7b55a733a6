import { spawn } from 'node:child_process';
import { mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { once } from 'node:events';
import t, { type Test } from 'tap';
import { describeWriter, writersBelow } from '../../../../agent/m2/migration/writers.ts';
import { innermostUnit } from '../../../../agent/os/cgroup-unit.ts';
import { waitingProcess } from '../../../support/waiting-process.ts';

const whyNot = process.getuid?.() === 0 ? false : 'needs root to look into other processes';

/** Runs a script that then waits. @returns its process's id */
async function started(t: Test, script: string, cwd = '/'): Promise<number> {
  return await waitingProcess(t, process.execPath, ['--eval', `${script}; console.log('ready'); setInterval(() => {}, 1000)`], cwd);
}

void t.test(
  'who has a file open for writing, a directory open, or works there is named, and who only reads is not',
  { skip: whyNot },
  async (t) => {
    const directory = realpathSync(t.testdir({ store: { a: 'x', b: 'x', dir: {} }, beside: 'x' }));
    const store = join(directory, 'store');
    const open = (path: string, how: string): string => `require('fs').openSync('${join(directory, path)}', '${how}')`;
    const found = async (): Promise<readonly string[]> => (await writersBelow(store)).map(describeWriter);
    await started(t, `${open('store/a', 'r')}, ${open('beside', 'r+')}`);
    t.strictSame(await found(), []);
    const writer = await started(t, open('store/a', 'r+'));
    const inside = await started(t, '0', join(store, 'dir'));
    const holder = await started(t, open('store/dir', 'r'));
    const newcomer = await started(t, open('store/new', 'w'));
    t.strictSame(
      (await found()).map((line) => line.replace(/ \([^)]*\)/, '')).toSorted(),
      [
        `${writer}, which has ${store}/a open for writing`,
        `${inside}, which works in ${store}/dir`,
        `${holder}, which has the directory ${store}/dir open`,
        `${newcomer}, which has ${store}/new open for writing`,
      ].toSorted(),
    );
  },
);

void t.test('a file that is mapped for writing is found, though its descriptor is closed', { skip: whyNot }, async (t) => {
  const directory = realpathSync(t.testdir());
  writeFileSync(join(directory, 'a'), 'x'.repeat(4096));
  const child = spawn(
    'python3',
    [
      '-c',
      `import mmap,os,time\nf=os.open("${directory}/a",os.O_RDWR)\nm=mmap.mmap(f,4096)\nos.close(f)\nprint("ready",flush=True)\ntime.sleep(600)`,
    ],
    { cwd: '/', stdio: ['ignore', 'pipe', 'inherit'] },
  );
  t.teardown(async () => {
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
  await once(child.stdout, 'data');
  const found = await writersBelow(directory);
  t.match(found, [{ pid: child.pid ?? 0, command: /^python3/ }]);
  t.match(found[0]?.has, /\/a (?:mapped|open) for writing$/);
});

void t.test('one that knows the directory by another name, as in a container, is found', { skip: whyNot }, async (t) => {
  const directory = realpathSync(t.testdir());
  mkdirSync(join(directory, 'store'));
  mkdirSync(join(directory, 'seen'));
  writeFileSync(join(directory, 'store/a'), 'x');
  const script = `mount --bind ${directory}/store ${directory}/seen && exec 9>>${directory}/seen/a && echo ready && exec sleep 600`;
  const child = spawn('unshare', ['--mount', 'sh', '-c', script], { cwd: '/', stdio: ['ignore', 'pipe', 'inherit'] });
  t.teardown(async () => {
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
  await once(child.stdout, 'data');
  t.match(await writersBelow(join(directory, 'store')), [{ pid: child.pid ?? 0, has: /open for writing$/ }]);
});

void t.test('the unit of a process is the innermost one, with control groups of either version', (t) => {
  t.equal(innermostUnit(String.raw`0::/system.slice/system-ceph\x2dmon.slice/ceph-mon@a.service` + '\n'), 'ceph-mon@a.service');
  t.equal(innermostUnit('0::/system.slice/docker.service/payload/init\n'), 'docker.service');
  t.equal(innermostUnit('4:memory:/other.service\n1:name=systemd:/user.slice/user-0.slice/session-3.scope\n'), 'session-3.scope');
  t.equal(innermostUnit('0::/\n'), undefined);
  t.end();
});
