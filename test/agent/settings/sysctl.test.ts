import { EventEmitter, once } from 'node:events';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { procSys } from '../../../agent/settings/proc-sys.ts';
import { forgetPurged } from '../../../agent/settings/purged.ts';
import type { KeptSetting, Kernel } from '../../../agent/settings/ports.ts';
import { SysctlSettings, wantedParameters } from '../../../agent/settings/sysctl.ts';
import { parseSettingName, type SettingName } from '../../../common/settings/value.ts';
import { sysctlProfiles } from '../../../common/settings/sysctl.ts';
import { SandboxRoot } from './sandbox.ts';

const file = 'etc/sysctl.d/90-uvs-settings.conf';
const swappiness: SettingName = 'sysctl.vm.swappiness';
const backlog: SettingName = 'sysctl.net.core.somaxconn';

function makeKernel(t: Test) {
  const root = new SandboxRoot(t.testdir());
  root.write('proc/sys/vm/swappiness', '60\n');
  root.write('proc/sys/net/core/somaxconn', '4096\n');
  root.write('proc/sys/net/ipv4/tcp_rmem', '4096\t131072\t6291456\n');
  const real = procSys(root.path);
  const death = new EventEmitter();
  const scene = {
    root,
    writes: 0,
    nowMs: 0,
    /** Values that the kernel does not take, or makes others of. */
    refuses: new Set<string>(),
    /** The agent is killed when it is about to write this. */
    diesAt: '',
    clamps: new Map<string, string>(),
  };
  const kernel: Kernel = {
    read: (key) => real.read(key),
    write: async (key, value) => {
      if (value === scene.diesAt) await new Promise(() => death.emit('killed'));
      scene.writes += 1;
      if (scene.refuses.has(value)) throw Object.assign(new Error('invalid argument'), { code: 'EINVAL' });
      root.write(`proc/sys/${key.replaceAll('.', '/')}`, `${scene.clamps.get(value) ?? value}\n`);
      // two names of one setting: the one that is not written becomes 0
      if (key.startsWith('vm.dirty_')) root.write(`proc/sys/vm/${key.endsWith('bytes') ? 'dirty_ratio' : 'dirty_bytes'}`, '0\n');
    },
  };
  const sysctl = () => new SysctlSettings({ root: root.path, kernel, before: root.before, nowMs: () => scene.nowMs });
  const now = (): (string | undefined)[] => [root.read('proc/sys/vm/swappiness'), root.read('proc/sys/net/core/somaxconn')];
  const killedAt = async (value: string, settings: ReadonlyMap<SettingName, string>): Promise<void> => {
    scene.diesAt = value;
    await Promise.race([
      once(death, 'killed'),
      sysctl()
        .keep(settings)
        .then(() => t.fail('it is not killed')),
    ]);
    scene.diesAt = '';
  };
  return { scene, root, sysctl, now, killedAt };
}

const set = (values: Readonly<Record<string, string>>): ReadonlyMap<SettingName, string> =>
  new Map(Object.entries(values).map(([name, value]) => [parseSettingName(name), value]));

const mendedIn = (rows: readonly KeptSetting[]): readonly (readonly string[])[] => rows.map(({ mended }) => mended);

void t.test('what is said of a key by its name counts before the profile', async (t) => {
  const wanted = wantedParameters(set({ 'sysctl.profile': 'storage', [backlog]: '8192' }));
  t.equal(wanted.get('net.core.somaxconn'), '8192');
  t.equal(wanted.get('net.core.rmem_max'), '16777216');
  t.equal(wanted.size, sysctlProfiles.storage.size);
  t.same([...wantedParameters(set({ 'sysctl.profile': 'none', [swappiness]: '10' }))], [['vm.swappiness', '10']]);
});

void t.test('parameters are set now and for the next boot, and what they were before comes back', async (t) => {
  const { root, sysctl, now } = makeKernel(t);
  const keeper = sysctl();
  t.match(await keeper.keep(set({ [swappiness]: '10', [backlog]: '8192' })), [
    { name: swappiness, value: '10', state: 'in-force', mended: { length: 0 } },
    { name: backlog, state: 'in-force', mended: { length: 0 } },
  ]);
  t.same(now(), ['10\n', '8192\n']);
  t.match(root.read(file), /^net\.core\.somaxconn = 8192\nvm\.swappiness = 10$/m);
  await sysctl().keep(set({ [swappiness]: '20' }));
  t.same(now(), ['20\n', '4096\n'], 'of what is declared no more');
  t.match(root.read(file), /^#.*\nvm\.swappiness = 20\n$/);
  t.same(await sysctl().keep(set({})), []);
  t.same(now(), ['60\n', '4096\n']);
  t.equal(root.read(file), undefined);
  t.same((await root.before.read())?.sysctl, undefined);
});

void t.test('what somebody changed at the kernel or in the file is put back, and told', async (t) => {
  const { scene, root, sysctl, now } = makeKernel(t);
  const wanted = set({ [swappiness]: '10', [backlog]: '8192' });
  await sysctl().keep(wanted);
  root.write('proc/sys/vm/swappiness', '99\n');
  t.match(await sysctl().keep(wanted), [
    { name: swappiness, state: 'in-force', mended: ['vm.swappiness'] },
    { name: backlog, mended: { length: 0 } },
  ]);
  root.write(file, 'vm.swappiness = 1\n');
  t.same(mendedIn(await sysctl().keep(wanted)), [[`/${file}`], [`/${file}`]]);
  t.same(now(), ['10\n', '8192\n']);
  scene.writes = 0;
  t.same(mendedIn(await sysctl().keep(wanted)), [[], []]);
  t.equal(scene.writes, 0, 'what holds is not written again');
});

void t.test('where the kernel lacks one of them none is set, and it is named', async (t) => {
  const { root, sysctl, now } = makeKernel(t);
  t.match(await sysctl().keep(set({ [swappiness]: '10', 'sysctl.kernel.pid_max': '65536' })), [
    { name: swappiness, state: 'refused', message: 'none is set, because kernel.pid_max is not in this kernel' },
    { name: 'sysctl.kernel.pid_max', state: 'refused', message: 'kernel.pid_max is not in this kernel' },
  ]);
  t.match(await sysctl().keep(set({ 'sysctl.profile': 'storage' })), [
    { state: 'refused', message: /^net\.core\.rmem_max and .* is not in this kernel$/ },
  ]);
  t.same(now(), ['60\n', '4096\n']);
  t.equal(root.read(file), undefined);
});

void t.test('where the kernel does not take a value all are as before, and it is not tried again and again', async (t) => {
  const { scene, root, sysctl, now } = makeKernel(t);
  const keeper = sysctl();
  await keeper.keep(set({ [swappiness]: '10' }));
  scene.refuses.add('8192');
  const both = set({ [swappiness]: '20', [backlog]: '8192' });
  t.match(await keeper.keep(both), [
    {
      name: swappiness,
      state: 'refused',
      message: /^it stays at 10, because net\.core\.somaxconn is not taken as 8192 by the kernel \(EINVAL\)$/,
    },
    { name: backlog, state: 'refused' },
  ]);
  t.same(now(), ['10\n', '4096\n']);
  t.match(root.read(file), 'vm.swappiness = 10\n');
  scene.writes = 0;
  t.match(await keeper.keep(both), [{ state: 'refused' }, { state: 'refused' }]);
  t.equal(scene.writes, 0);
  scene.nowMs = 3_600_000;
  t.match(await keeper.keep(both), [{ state: 'refused' }, { state: 'refused' }]);
  t.not(scene.writes, 0, 'but every hour');
  scene.refuses.clear();
  scene.clamps.set('8192', '8000');
  t.match(await sysctl().keep(both), [
    { message: /^it stays at 10, because net\.core\.somaxconn was set to 8192, and the kernel has 8000$/ },
    { message: 'net.core.somaxconn was set to 8192, and the kernel has 8000' },
  ]);
  t.same(now(), ['10\n', '4096\n']);
  await keeper.keep(set({}));
  t.same(now(), ['60\n', '4096\n']);
});

void t.test('beside a parameter that is refused what was set before is kept, and told as what it is', async (t) => {
  const { scene, root, sysctl, now } = makeKernel(t);
  const keeper = sysctl();
  const slots: SettingName = 'sysctl.net.ipv4.tcp_rmem';
  await keeper.keep(set({ [swappiness]: '10', [backlog]: '8000' }));
  scene.refuses.add('8192');
  const wanted = set({ [swappiness]: '10', [backlog]: '8192', [slots]: '4096 87380 16777216' });
  const why = 'net.core.somaxconn is not taken as 8192 by the kernel (EINVAL)';
  const told = [
    { name: swappiness, state: 'in-force', message: '' },
    { name: backlog, state: 'refused', message: `${why}: it stays at 8000` },
    { name: slots, state: 'refused', message: `it is not set, because ${why}` },
  ];
  t.match(await keeper.keep(wanted), told);
  for (const hour of [0, 1, 2]) {
    scene.nowMs = hour * 3_600_000;
    root.write('proc/sys/vm/swappiness', '77\n');
    root.write('proc/sys/net/core/somaxconn', '77\n');
    const rows = await keeper.keep(wanted);
    t.match(rows, told);
    t.same(mendedIn(rows), [['vm.swappiness'], ['net.core.somaxconn'], []]);
    t.same(now(), ['10\n', '8000\n']);
    t.equal(root.read('proc/sys/net/ipv4/tcp_rmem'), '4096\t131072\t6291456\n');
    t.same(mendedIn(await keeper.keep(wanted)), [[], [], []]);
  }
  root.write(file, '');
  t.same(mendedIn(await keeper.keep(wanted)), [[`/${file}`], [`/${file}`], [`/${file}`]]);
  t.match(root.read(file), /^#.*\nnet\.core\.somaxconn = 8000\nvm\.swappiness = 10\n$/);
  await keeper.keep(set({}));
  t.same(now(), ['60\n', '4096\n']);
});

void t.test('a profile of which a parameter is not there any more is kept without it', async (t) => {
  const { scene, root, sysctl } = makeKernel(t);
  for (const key of sysctlProfiles.storage.keys()) root.write(`proc/sys/${key.replaceAll('.', '/')}`, '1\n');
  const profile = set({ 'sysctl.profile': 'storage' });
  t.match(await sysctl().keep(profile), [{ state: 'in-force' }]);
  rmSync(join(root.path, 'proc/sys/net/core/rmem_max'));
  root.write('proc/sys/net/core/wmem_max', '1\n');
  scene.writes = 0;
  t.match(await sysctl().keep(profile), [
    { state: 'refused', message: 'net.core.rmem_max is not in this kernel', mended: ['net.core.wmem_max'] },
  ]);
  t.equal(scene.writes, 1);
  t.equal(root.read('proc/sys/net/core/wmem_max'), '16777216\n');
  t.equal(root.read('proc/sys/net/core/rmem_max'), undefined);
});

void t.test('what the agent itself had not finished is nobody’s change', async (t) => {
  const { root, sysctl, now, killedAt } = makeKernel(t);
  for (const [before, value] of [
    ['60', '10'],
    ['10', '20'],
  ] as const) {
    const one = set({ [swappiness]: value });
    await killedAt(value, one);
    t.equal(now()[0], `${before}\n`);
    t.same(mendedIn(await sysctl().keep(one)), [[]], `killed before ${value} was written`);
    t.equal(now()[0], `${value}\n`);
  }
  rmSync(join(root.path, 'etc/sysctl.d'), { recursive: true });
  root.write('etc/sysctl.d', '');
  const two = set({ [swappiness]: '30', [backlog]: '8000' });
  await t.rejects(sysctl().keep(two));
  t.same(now(), ['30\n', '8000\n']);
  await t.rejects(sysctl().keep(two));
  rmSync(join(root.path, 'etc/sysctl.d'));
  t.same(mendedIn(await sysctl().keep(two)), [[], []], 'the disk was full');
  rmSync(join(root.path, file));
  t.same(mendedIn(await sysctl().keep(two)), [[`/${file}`], [`/${file}`]], 'somebody’s is');
});

void t.test('what was begun of a set that is refused after the agent was killed is undone', async (t) => {
  const { scene, root, sysctl, now, killedAt } = makeKernel(t);
  await sysctl().keep(set({ [swappiness]: '10' }));
  const wanted = set({ [swappiness]: '20', [backlog]: '8000', 'sysctl.net.ipv4.tcp_rmem': '4096 87380 16777216' });
  await killedAt('4096 87380 16777216', wanted);
  t.same(now(), ['20\n', '8000\n']);
  scene.refuses.add('4096 87380 16777216');
  t.match(await sysctl().keep(wanted), [
    { state: 'refused', message: /^it stays at 10, because net\.ipv4\.tcp_rmem is not taken as/, mended: { length: 0 } },
    { state: 'refused', message: /^it is not set, because net\.ipv4\.tcp_rmem/ },
    { state: 'refused' },
  ]);
  t.same(now(), ['10\n', '4096\n']);
  t.match(root.read(file), /^#.*\nvm\.swappiness = 10\n$/);
  t.strictSame(Object.entries((await root.before.read())?.sysctl ?? {}), [['vm.swappiness', { set: '10', was: '60' }]]);
});

void t.test('of a parameter that the kernel has in bytes and in percent the one comes back that held', async (t) => {
  const { scene, root, sysctl } = makeKernel(t);
  const ratio: SettingName = 'sysctl.vm.dirty_ratio';
  const both = () => [root.read('proc/sys/vm/dirty_ratio'), root.read('proc/sys/vm/dirty_bytes')];
  root.write('proc/sys/vm/dirty_ratio', '0\n');
  root.write('proc/sys/vm/dirty_bytes', '268435456\n');
  t.match(await sysctl().keep(set({ [ratio]: '20' })), [{ state: 'in-force' }]);
  t.same(both(), ['20\n', '0\n']);
  await sysctl().keep(set({ [ratio]: '30' }));
  await sysctl().keep(set({}));
  t.same(both(), ['0\n', '268435456\n'], 'bytes');
  scene.refuses.add('8192');
  t.match(await sysctl().keep(set({ [ratio]: '20', [backlog]: '8192' })), [{ state: 'refused' }, { state: 'refused' }]);
  t.same(both(), ['0\n', '268435456\n'], 'bytes, where another one is refused');
  root.write('proc/sys/vm/dirty_ratio', '15\n');
  root.write('proc/sys/vm/dirty_bytes', '0\n');
  await sysctl().keep(set({ [ratio]: '20' }));
  await sysctl().keep(set({}));
  t.same(both(), ['15\n', '0\n'], 'percent');
});

void t.test('what was set by a setting that is refused now stays, and is kept', async (t) => {
  const { root, sysctl, now } = makeKernel(t);
  await sysctl().keep(set({ [swappiness]: '10', [backlog]: '8000' }));
  t.match(await sysctl().keep(set({ [backlog]: '7000' }), new Set([swappiness])), [{ name: backlog, state: 'in-force' }]);
  t.same(now(), ['10\n', '7000\n']);
  t.match(root.read(file), 'vm.swappiness = 10\n');
  t.match(root.read(file), 'net.core.somaxconn = 7000\n');
  root.write('proc/sys/vm/swappiness', '77\n');
  await sysctl().keep(set({}), new Set(['sysctl.profile']));
  t.same(now(), ['10\n', '7000\n'], 'a profile is for all');
  await sysctl().keep(set({}), new Set(['time-zone']));
  t.same(now(), ['60\n', '4096\n']);
  t.equal(root.read(file), undefined);
});

void t.test('what a cut has left beside the file goes with it, and also alone', async (t) => {
  const { root, sysctl } = makeKernel(t);
  const left = 'etc/sysctl.d/.90-uvs-settings.conf.0123456789ab';
  for (const settings of [set({ [swappiness]: '10' }), set({})]) {
    await sysctl().keep(settings);
    root.write(left, 'left by a cut');
    root.write('etc/sysctl.d/.90-uvs-settings.conf.swp', 'somebody edits');
    await sysctl().keep(set({}));
    t.equal(root.read(left), undefined);
    t.equal(root.read('etc/sysctl.d/.90-uvs-settings.conf.swp'), 'somebody edits');
  }
});

void t.test('what is declared no more is taken back also beside what is refused', async (t) => {
  const { scene, root, sysctl, now } = makeKernel(t);
  await sysctl().keep(set({ [swappiness]: '10' }));
  scene.refuses.add('8192');
  t.match(await sysctl().keep(set({ [backlog]: '8192' })), [{ name: backlog, state: 'refused' }]);
  t.same(now(), ['60\n', '4096\n']);
  t.equal(root.read(file), undefined);
  t.equal((await root.before.read())?.sysctl?.['vm.swappiness'], undefined);
});

void t.test('what a purge has removed is nobody’s change, and what was before counts for the boot alone in which it was', async (t) => {
  for (const isSameBoot of [true, false]) {
    const { root, sysctl, now } = makeKernel(t);
    await sysctl().keep(set({ [swappiness]: '10' }));
    rmSync(join(root.path, file));
    writeFileSync(join(root.path, 'settings-purged'), 'boot-1\n');
    if (!isSameBoot) root.write('proc/sys/vm/swappiness', '50\n'); // an administrator's own, since the boot
    await forgetPurged(root.path, isSameBoot ? 'boot-1' : 'boot-2', root.before);
    t.notOk(existsSync(join(root.path, 'settings-purged')));
    const [row] = await sysctl().keep(set({ [swappiness]: '10' }));
    t.strictSame(row?.mended, []);
    await forgetPurged(root.path, 'boot-3', root.before);
    t.equal((await sysctl().keep(set({}))).length, 0);
    t.equal(now()[0], isSameBoot ? '60\n' : '50\n');
  }
});

void t.test('what an administrator has set since a purge stays, and what was left of the agent’s does not', async (t) => {
  for (const [found, afterwards] of [
    ['1024\n', '1024\n'],
    ['8000\n', '4096\n'],
  ] as const) {
    const { root, sysctl, now } = makeKernel(t);
    await sysctl().keep(set({ [backlog]: '8000' }));
    const purge = async (): Promise<void> => {
      rmSync(join(root.path, file), { force: true });
      writeFileSync(join(root.path, 'settings-purged'), 'boot-1\n');
      await forgetPurged(root.path, 'boot-1', root.before);
    };
    await purge();
    await purge();
    root.write('proc/sys/net/core/somaxconn', found);
    t.same(await sysctl().keep(set({})), []);
    t.equal(now()[1], afterwards);
    t.equal((await root.before.read())?.sysctl, undefined);
    await sysctl().keep(set({ [backlog]: '8000' }));
    await purge();
    root.write('proc/sys/net/core/somaxconn', '512\n');
    await sysctl().keep(set({ [backlog]: '7000' }));
    t.equal(now()[1], '7000\n');
    await sysctl().keep(set({}));
    t.equal(now()[1], '512\n', 'it is what was before from then on');
  }
});

void t.test('what the kernel does not take back is told and tried again, and keeps nothing else from being kept', async (t) => {
  const { scene, root, sysctl, now } = makeKernel(t);
  await sysctl().keep(set({ [swappiness]: '10', [backlog]: '8000' }));
  scene.refuses.add('60');
  root.write('proc/sys/net/core/somaxconn', '1\n');
  const told = 'what was before is not back: vm.swappiness is not taken as 60 by the kernel (EINVAL)';
  t.match(await sysctl().keep(set({ [backlog]: '8000' })), [
    { name: backlog, state: 'in-force' },
    { name: 'sysctl', value: '', state: 'unmet', message: told },
  ]);
  t.same(now(), ['10\n', '8000\n']);
  t.notMatch(root.read(file), 'swappiness');
  t.match(root.read(file), 'net.core.somaxconn = 8000');
  t.match(await sysctl().keep(set({})), [{ name: 'sysctl', message: told }]);
  t.same(now(), ['10\n', '4096\n']);
  scene.refuses.clear();
  t.same(await sysctl().keep(set({})), []);
  t.same(now(), ['60\n', '4096\n']);
});
