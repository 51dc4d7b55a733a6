import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { migrationMachine } from '../../../../agent/m2/migration/migration-machine.ts';
import { keepEarlierPrivate } from '../../../../agent/m2/migration/private-copies.ts';
import { copyPath } from '../../../../agent/m2/migration/units.ts';
import type { Writer } from '../../../../agent/m2/migration/writers.ts';
import { errorOf } from '../../../support/failure.ts';

const whyNot = process.getuid?.() === 0 ? false : 'needs root to keep owners';

/** A machine whose SSD is a directory, and that has no systemd. */
function bed(directory: string) {
  const mountPoint = join(directory, 'ssd');
  mkdirSync(mountPoint);
  const systemctl = async () => '';
  const ssd: { whyNotOwn: string; seenBy: readonly Writer[] } = { whyNotOwn: '', seenBy: [] };
  return {
    mountPoint,
    ssd,
    machine: migrationMachine({
      mountPoint,
      statePath: join(directory, 'state'),
      whyNotOwn: async () => ssd.whyNotOwn,
      whoSees: async () => ssd.seenBy,
      unitsAt: join(directory, 'units'),
      systemctl,
      reload: async () => undefined,
      wait: async () => undefined,
    }),
  };
}

void t.test('nobody else can read the old directory while it is looked at below the mount', { skip: whyNot }, async (t) => {
  const { machine, mountPoint } = bed(t.testdir());
  const top = mkdtempSync(join(tmpdir(), 'uvs-old-'));
  const directory = join(top, 'kept-from-others/mon/ceph-a');
  mkdirSync(directory, { recursive: true });
  chmodSync(join(top, 'kept-from-others'), 0o750);
  writeFileSync(join(directory, 'keyring'), 'secret');
  writeFileSync(join(directory, 'store'), Buffer.alloc(200e6, 1));
  for (const point of [mountPoint, directory]) execFileSync('mount', ['-t', 'tmpfs', 'none', point]);
  const tries = 'while :; do find /run/uvs-agent-m2-old/ -name keyring -exec cat {} + 2> /dev/null; done';
  const nobody = spawn('setpriv', ['--reuid=65534', '--regid=65534', '--clear-groups', 'sh', '-c', tries], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let read = '';
  nobody.stdout.on('data', (chunk) => (read += String(chunk)));
  await once(nobody, 'spawn');
  try {
    const hash = await machine.hashOf('old', directory);
    execFileSync('umount', [directory]);
    t.equal(await machine.hashOf('directory', directory), hash, 'it was the old one');
  } finally {
    nobody.kill('SIGKILL');
    await once(nobody, 'close');
    for (const point of [mountPoint, directory]) spawnSync('umount', [point]);
    rmSync(top, { recursive: true });
  }
  t.equal(read, '');
  t.notOk(existsSync('/run/uvs-agent-m2-old'));
});

void t.test(
  'what a look at an old directory has left that was killed is gone before anybody is asked who sees that directory',
  { skip: whyNot },
  async (t) => {
    const { machine } = bed(t.testdir());
    const left = '/run/uvs-agent-m2-old/parent';
    mkdirSync(left, { recursive: true });
    execFileSync('mount', ['--bind', t.testdir({ old: {} }), left]);
    const isThere = (): boolean => readFileSync('/proc/self/mountinfo', 'utf8').includes(` ${left} `);
    try {
      t.ok(isThere());
      await machine.demandHidden('/srv/data');
      t.notOk(isThere());
    } finally {
      if (isThere()) execFileSync('umount', [left]);
      rmSync('/run/uvs-agent-m2-old', { recursive: true, force: true });
    }
  },
);

void t.test("a real monitor's store is copied as it is, over what a cut has left", { skip: whyNot }, async (t) => {
  const directory = t.testdir();
  const store = join(directory, 'ceph-a');
  const map = join(directory, 'monmap');
  const keyring = join(directory, 'keyring');
  const conf = join(directory, 'ceph.conf');
  writeFileSync(conf, '[global]\nauth_cluster_required = none\nauth_service_required = none\nauth_client_required = none\n');
  execFileSync('monmaptool', ['--create', '--addv', 'a', '[v2:127.0.0.1:3300,v1:127.0.0.1:6789]', map], { stdio: 'ignore' });
  execFileSync('ceph-authtool', ['--create-keyring', keyring, '--gen-key', '-n', 'mon.', '--cap', 'mon', 'allow *'], { stdio: 'ignore' });
  execFileSync('ceph-mon', ['--conf', conf, '--mkfs', '-i', 'a', '--mon-data', store, '--monmap', map, '--keyring', keyring], {
    stdio: 'ignore',
  });
  t.ok(existsSync(join(store, 'store.db/CURRENT')));
  const { mountPoint, machine } = bed(directory);
  const copy = copyPath(mountPoint, store);
  mkdirSync(join(mountPoint, 'uvs/.copying/half'), { recursive: true });
  mkdirSync(join(copy, 'half'), { recursive: true });
  await machine.copy(store);
  const whole = await machine.hashOf('directory', store);
  t.equal(await machine.hashOf('copy', store), whole);
  // and Ceph itself reads it
  const read = execFileSync('ceph-monstore-tool', [copy, 'dump-keys'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  t.match(read, /monmap/);
});

void t.test('whatever differs between two trees is found out', { skip: whyNot }, async (t) => {
  const changes: Readonly<Record<string, (copy: string) => void>> = {
    content: (copy) => {
      writeFileSync(join(copy, 'a'), 'B');
      execFileSync('touch', ['-r', join(copy, 'b'), join(copy, 'a')]);
    },
    length: (copy) => appendFileSync(join(copy, 'a'), 'x'),
    mode: (copy) => chmodSync(join(copy, 'a'), 0o600),
    owner: (copy) => void execFileSync('chown', ['7:8', join(copy, 'a')]),
    attribute: (copy) => void execFileSync('setfattr', ['-n', 'user.x', '-v', '2', join(copy, 'a')]),
    time: (copy) => void execFileSync('touch', ['-d', '2001-01-01', join(copy, 'a')]),
    link: (copy) => void execFileSync('ln', ['-sfn', 'elsewhere', join(copy, 'link')]),
    missing: (copy) => void execFileSync('rm', [join(copy, 'dir/c')]),
    more: (copy) => writeFileSync(join(copy, 'dir/d'), ''),
  };
  const directory = t.testdir();
  const original = join(directory, 'data');
  mkdirSync(join(original, 'dir'), { recursive: true });
  for (const name of ['a', 'b', 'dir/c']) writeFileSync(join(original, name), 'A');
  symlinkSync('a', join(original, 'link'));
  execFileSync('setfattr', ['-n', 'user.x', '-v', '1', join(original, 'a')]);
  const { mountPoint, machine } = bed(directory);
  const whole = await machine.hashOf('directory', original);
  for (const [what, change] of Object.entries(changes)) {
    await machine.copy(original);
    t.equal(await machine.hashOf('copy', original), whole);
    change(copyPath(mountPoint, original));
    t.not(await machine.hashOf('copy', original), whole, what);
  }
});

void t.test('names and links that are no UTF-8 are copied, compared, and removed again', { skip: whyNot }, async (t) => {
  const directory = t.testdir();
  const original = join(directory, 'logs');
  const { mountPoint, machine } = bed(directory);
  // two names and two targets that are the same once what is no UTF-8 is replaced
  const script = `mkdir -p "$0"/$'d\\xe4' && cd "$0" && echo a > $'b\\xe4r.log' && echo b > $'b\\xe5r.log' && echo c > $'d\\xe4/c' && ln -s $'x\\xe4' link && echo ü > ü`;
  execFileSync('bash', ['-c', script, original]);
  const whole = await machine.hashOf('directory', original);
  await machine.copy(original);
  t.equal(await machine.hashOf('copy', original), whole);
  const copy = copyPath(mountPoint, original);
  const differs = async (change: string): Promise<void> => {
    execFileSync('bash', ['-c', `cd "$0" && ${change}`, copy]);
    t.not(await machine.hashOf('copy', original), whole, change);
    // over what is there
    await machine.copy(original);
  };
  await differs(`mv $'b\\xe4r.log' x && mv $'b\\xe5r.log' $'b\\xe4r.log' && mv x $'b\\xe5r.log'`);
  await differs(`ln -sfn $'x\\xe5' link`);
  t.equal(await machine.hashOf('copy', original), whole);
  await machine.removeCopy(original);
  t.notOk(existsSync(copy));
});

void t.test(
  'who may not pass to a directory may not read its copy, also where earlier agents have let everybody',
  { skip: whyNot },
  async (t) => {
    // the folders of tests are closed to others themselves
    const directory = mkdtempSync(join(tmpdir(), 'uvs-copy-'));
    t.teardown(() => rmSync(directory, { recursive: true }));
    chmodSync(directory, 0o755);
    const { mountPoint, machine } = bed(directory);
    const library = join(directory, 'library');
    const store = join(library, 'mon/ceph-a');
    mkdirSync(store, { recursive: true });
    writeFileSync(join(store, 'key'), 'secret');
    chmodSync(library, 0o750);
    const copies = join(mountPoint, 'uvs');
    const asNobody = (path: string) => spawnSync('setpriv', ['--reuid=65534', '--regid=65534', '--clear-groups', 'cat', path]).status;
    const key = join(copyPath(mountPoint, store), 'key');
    for (const before of ['it is made', 'it is there']) {
      await machine.copy(store);
      t.equal(readFileSync(key, 'utf8'), 'secret', 'root reads it');
      t.strictSame([asNobody(join(store, 'key')), asNobody(key)], [1, 1], before);
      execFileSync('chown', ['7:7', copies]);
      chmodSync(copies, 0o755);
      t.equal(asNobody(key), 0, 'as it was');
    }
    const log = { warn: () => void t.fail('a warning') };
    await keepEarlierPrivate(mountPoint, { state: 'lost', message: '' }, log);
    t.equal(asNobody(key), 0, 'a disk that does not answer is not asked');
    await keepEarlierPrivate(mountPoint, { state: 'mounted', message: '' }, log);
    t.match(statSync(copies), { mode: 0o40700, uid: 0, gid: 0 });
  },
);

void t.test('copies that were set aside are all kept, whatever their directories are called', async (t) => {
  const directory = t.testdir();
  const { mountPoint, machine } = bed(directory);
  const kept = new Map<string, string>();
  for (const [path, text] of [
    ['/var/log/ceph', 'logs'],
    ['/var/lib/ceph', 'library'],
    ['/var/log/ceph', 'more logs'],
  ] as const) {
    const copy = copyPath(mountPoint, path);
    mkdirSync(copy, { recursive: true });
    writeFileSync(join(copy, 'file'), text);
    kept.set((await machine.setCopyAside(path)) ?? '', text);
    t.notOk(existsSync(copy));
  }
  t.equal(kept.size, 3);
  for (const [aside, text] of kept) t.equal(readFileSync(join(aside, 'file'), 'utf8'), text);
  t.equal(await machine.setCopyAside('/var/log/ceph'), undefined);
});

void t.test('a directory that is its own copy, as below one that was brought there, is never removed', { skip: whyNot }, async (t) => {
  const directory = t.testdir();
  const { mountPoint, machine } = bed(directory);
  const store = join(directory, 'store');
  const copy = copyPath(mountPoint, store);
  mkdirSync(copy, { recursive: true });
  mkdirSync(store);
  writeFileSync(join(copy, 'file'), '');
  execFileSync('mount', ['--bind', copy, store]);
  using mounts = new DisposableStack();
  mounts.defer(() => execFileSync('umount', [store]));
  for (const act of [() => machine.copy(store), () => machine.removeCopy(store)]) {
    t.match(await errorOf(act()), { reason: 'INTERNAL', message: /is its own copy/ });
  }
  t.ok(existsSync(join(store, 'file')));
});

void t.test(
  'a copy that is not what is mounted there, another disk, and one that takes no writes, do not serve',
  { skip: whyNot },
  async (t) => {
    const directory = t.testdir();
    const { mountPoint, machine, ssd } = bed(directory);
    const image = join(directory, 'image');
    writeFileSync(image, '');
    truncateSync(image, 16 * 1024 * 1024);
    execFileSync('mkfs.ext4', ['-q', '-F', image]);
    execFileSync('mount', ['-o', 'loop', image, mountPoint]);
    using mounts = new DisposableStack();
    mounts.defer(() => execFileSync('umount', [mountPoint]));
    const store = join(directory, 'store');
    mkdirSync(store);
    const serving = async () => await errorOf(machine.demandServing(store, []));
    t.match(await serving(), { reason: 'NOT_ALLOWED_NOW', message: `${store} is not mounted` });
    const other = join(mountPoint, 'other');
    for (const path of [other, copyPath(mountPoint, store)]) mkdirSync(path, { recursive: true });
    execFileSync('mount', ['--bind', other, store]);
    t.match(await serving(), { reason: 'NOT_ALLOWED_NOW', message: /is not its copy/ });
    execFileSync('umount', [store]);
    execFileSync('mount', ['--bind', copyPath(mountPoint, store), store]);
    mounts.defer(() => execFileSync('umount', [store]));
    await machine.demandServing(store, []);
    t.strictSame(readdirSync(join(mountPoint, 'uvs')), [store.split('/')[1]], 'nothing is left of the probe');
    ssd.whyNotOwn = 'something else than the SSD is mounted';
    t.match(await serving(), { reason: 'NOT_ALLOWED_NOW', message: 'something else than the SSD is mounted' });
    ssd.whyNotOwn = '';
    ssd.seenBy = [{ pid: 7, command: 'box', unit: undefined, has: 'sees it' }];
    t.match(await serving(), { reason: 'NOT_ALLOWED_NOW', message: /process 7 \(box\), which sees it/ });
    ssd.seenBy = [];
    execFileSync('mount', ['-o', 'remount,ro', mountPoint]);
    t.match(await serving(), { reason: 'NOT_ALLOWED_NOW', message: /^the SSD on .* does not work: .*EROFS/ });
  },
);
