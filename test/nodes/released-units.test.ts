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
