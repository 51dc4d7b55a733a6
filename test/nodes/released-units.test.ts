import t from 'tap';
import { programPath } from '../support/programs.ts';
import type { FileSpec } from '../../common/upd/writer.ts';
import { file, task, TestNode } from '../support/update-node.ts';
import { OneNode, whyNoNode } from './one-node.ts';
import { agentBinds, agentEnv } from './updated-node.ts';

t.setTimeout(600_000);

const APPLY_MS = 120_000;
const unitFile = 'etc/systemd/system/daemon.service';

/** As low a limit for starts as Ceph's OSDs have. */
const unit = (program: string): FileSpec =>
  file(
    unitFile,
    `[Unit]\nStartLimitIntervalSec=30min\nStartLimitBurst=3\n[Service]\nExecStart=/opt/${program}\nRestart=on-failure\nRestartSec=0\n`,
  );
const program = (name: string, script: string): FileSpec => file(`opt/${name}`, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
const [one, two] = [program('one', 'exec sleep 111111'), program('two', 'exec sleep 222222')];

void t.test('a release that brings units, on a booted node', { skip: whyNoNode() ?? false }, async (t) => {
  await using bed = await OneNode.start(agentBinds);
  const { node } = bed;
  using packages = new TestNode();
  await node.copyIn(packages.rootFile, '/root');
  await node.write('/etc/uvs/agent.toml', '');
  let seq = 0;
  const apply = async (content: Omit<Parameters<TestNode['build']>[1], 'seq'>) => {
    seq += 1;
    const name = `release-${seq}`;
    await packages.build(name, { seq, ...content });
    await node.copyIn(packages.packagePath(name), '/root');
    const command = ['apply', `/root/${name}.upd`, '--no-slot', '--reason', 'a test', '--root-file', '/root/root.json'];
    return await node.exec([programPath('uvs-agent'), ...command], { env: agentEnv, deadlineMs: APPLY_MS });
  };
  /** The program that the service's main process is. */
  const running = async (): Promise<string> =>
    await node.sh(
      'systemctl is-active daemon >/dev/null || systemctl is-active daemon; tr "\\0" " " </proc/$(systemctl show -P MainPID daemon)/cmdline',
    );
  const isStale = async (): Promise<string> => await node.sh('systemctl show -P NeedDaemonReload daemon');

  const states = async (...units: readonly string[]): Promise<string> =>
    (await node.exec(['systemctl', 'is-active', ...units])).stdout.trim().replaceAll('\n', ' ');

  await t.test('a unit that is new is known to systemd when the post tasks run', async (t) => {
    const applied = await apply({ files: [one, unit('one')], tasks: [task('post', 'start', 'systemctl start daemon')] });
    t.match(applied, { code: 0 }, applied.stdout + applied.stderr);
    t.match(await running(), /sleep 111111/u);
  });

  await t.test('a service is started by the unit that the release brings', async (t) => {
    const applied = await apply({ files: [one, two, unit('two')], services: ['daemon.service'] });
    t.match(applied, { code: 0 }, applied.stdout + applied.stderr);
    t.match(await running(), /sleep 222222/u);
    t.equal(await isStale(), 'no');
  });

  await t.test('going back it is started by the unit from before, whatever has had systemd read the other', async (t) => {
    const reload = task('post', 'reload', 'systemctl daemon-reload; exit 3');
    const applied = await apply({ files: [one, two, unit('one')], services: ['daemon.service'], tasks: [reload] });
    t.not(applied.code, 0);
    t.match(applied.stdout + applied.stderr, /rolled-back|is as before|went back/iu);
    t.match(await running(), /sleep 222222/u);
    t.equal(await isStale(), 'no');
  });

  await t.test('a daemon that died too often for systemd to start it again does not keep the one before from being started', async (t) => {
    const dying = program('two', 'exit 1');
    const tooOften = task('post', 'wait', 'until systemctl is-failed daemon; do sleep 0.1; done; exit 3');
    const slow = program('two', 'sleep 1; exit 1');
    for (const broken of [dying, slow]) {
      const applied = await apply({ files: [one, broken, unit('two')], services: ['daemon.service'], tasks: [tooOften] });
      t.not(applied.code, 0);
      t.match(await running(), /sleep 222222/u, applied.stdout + applied.stderr);
    }
  });

  await t.test('what systemd stops along with a service is started again after it', async (t) => {
    await node.write(
      '/etc/systemd/system/after.service',
      '[Unit]\nRequires=daemon.service\nAfter=daemon.service\n[Service]\nExecStart=sleep 333333\n',
    );
    await node.write('/etc/systemd/system/part.service', '[Unit]\nBindsTo=after.service\n[Service]\nExecStart=sleep 444444\n');
    await node.write('/etc/systemd/system/idle.service', '[Unit]\nPartOf=daemon.service\n[Service]\nExecStart=sleep 555555\n');
    await node.sh('systemctl daemon-reload; systemctl start after part');
    const fails = task('post', 'fail', 'exit 3');
    for (const tasks of [[], [fails]]) {
      const applied = await apply({ files: [one, two, unit('two')], services: ['daemon.service'], tasks });
      t.equal(applied.code === 0, tasks.length === 0, applied.stdout + applied.stderr);
      t.equal(await states('daemon', 'after', 'part', 'idle'), 'active active active inactive');
    }
    await node.sh('systemctl stop part after');
  });

  await t.test('a service that its socket starts again before the commit does not run on with the program from before', async (t) => {
    await node.write('/etc/systemd/system/daemon.socket', '[Socket]\nListenStream=127.0.0.1:7777\n');
    await node.write(
      '/usr/local/sbin/call',
      '#!/bin/bash\nwhile :; do (exec 3<>/dev/tcp/127.0.0.1/7777) 2>/dev/null; sleep 0.01; done\n',
      '755',
    );
    await node.sh('ip link set lo up; systemctl daemon-reload; systemctl stop daemon; systemctl start daemon.socket daemon');
    const starts = async () => Number(await node.sh('journalctl -b --no-pager -o cat -u daemon.service | grep -c ^Started'));
    const before = await starts();
    await node.sh('systemd-run --quiet --unit=caller /usr/local/sbin/call');
    const applied = await apply({ files: [one, program('two', 'exec sleep 222223'), unit('two')], services: ['daemon.service'] });
    await node.sh('systemctl stop caller daemon.socket');
    t.ok((await starts()) > before + 1, 'its socket has started it, and then the agent');
    t.match(applied, { code: 0 }, applied.stdout + applied.stderr);
    t.match(await running(), /sleep 222223/u);
    await node.sh('rm /etc/systemd/system/daemon.socket; systemctl daemon-reload');
    const back = await apply({ files: [one, two, unit('two')], services: ['daemon.service'] });
    t.match(back, { code: 0 }, back.stdout + back.stderr);
  });

  await t.test('one that dies and is started again and again does not count as one that runs', async (t) => {
    // once, so that it runs when it is looked at: between two starts it would be told as one that does not
    const dying = program('two', '[ -e /run/died ] && exec sleep 333333; touch /run/died; sleep 1; exit 1');
    const always = file(unitFile, '[Service]\nExecStart=/opt/two\nRestart=always\nRestartSec=100ms\n');
    const applied = await apply({ files: [one, dying, always], services: ['daemon.service'], tasks: [task('post', 'wait', 'sleep 3')] });
    t.not(applied.code, 0);
    t.match(
      applied.stdout + applied.stderr,
      /daemon\.service ran after its start, has died since, and was started again \(\d+ times so far\)/u,
    );
    t.match(await running(), /sleep 222222/u);
  });

  await t.test('one that does not start when a release is taken back keeps no other from it', async (t) => {
    await node.write('/etc/systemd/system/broken.service', '[Service]\nExecStart=/bin/false\nRestart=always\nRestartSec=1000\n');
    await node.sh(
      'systemctl daemon-reload; systemctl start broken; until systemctl show -P SubState broken | grep auto-restart; do sleep 0.1; done',
    );
    const applied = await apply({ files: [one, two, unit('two')], services: ['daemon.service', 'broken.service'] });
    t.not(applied.code, 0);
    t.match(await running(), /sleep 222222/u, applied.stdout + applied.stderr);
    await node.sh('systemctl stop broken');
    const { stdout } = await node.exec([programPath('uvs-agent'), 'status'], { env: agentEnv });
    const operation = /op-[a-z0-9-]+/u.exec(stdout)?.[0] ?? '';
    await node.must([programPath('uvs-agent'), 'recover', '--accept', operation, '--reason', 'a test'], { env: agentEnv });
  });

  await t.test('what the agent runs in, and what is no service, is refused before anything is stopped', async (t) => {
    await node.write('/etc/systemd/system/uvs-agent.service', '[Unit]\nBindsTo=holder.service\n[Service]\nExecStart=sleep 666666\n');
    await node.write('/etc/systemd/system/holder.service', '[Service]\nExecStart=sleep 777777\n');
    await node.sh('systemctl daemon-reload; systemctl start uvs-agent');
    for (const [service, why] of [
      ['uvs-agent.service', /uvs-agent\.service can't be stopped for a release: the agent runs in it/u],
      ['holder.service', /uvs-agent\.service, which stops with holder\.service, can't be stopped for a release/u],
      ['system.slice', /system\.slice can't be stopped for a release: it is no service/u],
      ['basic.target', /basic\.target can't be stopped for a release: it is no service/u],
    ] as const) {
      const applied = await apply({ files: [one, unit('one')], services: ['daemon.service', service] });
      t.not(applied.code, 0);
      t.match(applied.stdout + applied.stderr, why);
    }
    t.match(await running(), /sleep 222222/u);
    await node.sh('systemctl stop uvs-agent; rm /etc/systemd/system/uvs-agent.service; systemctl daemon-reload');
  });

  await t.test('a boot in the middle has the service run by the unit from before', async (t) => {
    await node.sh(
      'mkdir -p /etc/systemd/system/multi-user.target.wants && ln -s ../daemon.service /etc/systemd/system/multi-user.target.wants/',
    );
    const recover = `[Unit]\nDefaultDependencies=no\nAfter=local-fs.target\nBefore=sysinit.target\n[Service]\nType=oneshot\nEnvironment=UVS_NODE=${agentEnv.UVS_NODE}\nExecStart=${programPath('uvs-agent')} recover --files-only\n[Install]\nWantedBy=sysinit.target\n`;
    await node.write('/etc/systemd/system/uvs-agent-recover.service', recover);
    await node.sh('systemctl daemon-reload; systemctl enable uvs-agent-recover');
    const hanging = file(unitFile, '[Service]\nExecStartPre=/bin/sh -c "touch /run/waits; sleep 1000"\nExecStart=/opt/one\n');
    const cut = apply({ files: [one, two, hanging], services: ['daemon.service'] });
    await node.sh('until [ -e /run/waits ]; do sleep 0.1; done');
    await node.crash();
    await cut;
    await node.boot();
    t.match(await running(), /sleep 222222/u);
    t.equal(await isStale(), 'no');
  });
});
