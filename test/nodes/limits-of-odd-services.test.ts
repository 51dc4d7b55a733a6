import t from 'tap';
import { eventually } from '../support/eventually.ts';
import { JoinedNode } from './joined-node.ts';
import { LimitedNode, onNode, runtime, whyNoLimits } from './limited-node.ts';

t.setTimeout(300_000);
const whyNot = whyNoLimits();

/** 100 MB that stay in use. */
const EATER = 'globalThis.kept = Buffer.alloc(100e6, 1); setInterval(() => undefined, 1e6)';

void t.test('limits of services that are not as others, on a machine with systemd', { skip: whyNot ?? false }, async (t) => {
  const beganMs = performance.now();
  await using joined = await JoinedNode.start(async (node) => await node.write('/root/eat.js', EATER));
  const bed = new LimitedNode(joined);
  const { node, cluster } = bed;
  // before the node is gone
  await using _report = {
    [Symbol.asyncDispose]: async () => {
      if (!t.passing()) t.comment(await joined.agentLog());
    },
  };

  await t.test('of a pattern are kept by a service that is stopped, and not by one that is disabled as well', async (t) => {
    const unit = '[Service]\nExecStart=sleep infinity\n[Install]\nWantedBy=multi-user.target\n';
    await node.write('/etc/systemd/system/ceph-mgr@.service', unit);
    await node.sh('systemctl daemon-reload && systemctl enable --now ceph-mgr@a ceph-mgr@b');
    await cluster.uvsctlOk('limits', 'set', 'ceph-mgr@*', 'TasksMax=100', ...onNode);
    await bed.shows('in force', /ceph-mgr@a\.service +in force .*\n.*ceph-mgr@b\.service +in force/);
    await node.sh('systemctl stop ceph-mgr@a && systemctl disable --now ceph-mgr@b');
    await bed.lookAgain();
    t.notMatch(await bed.shows('one is kept', /ceph-mgr@a\.service +from next start +it does not run/), /ceph-mgr@b/);
    const directories = await bed.dropInDirectories();
    t.match(directories, 'ceph-mgr@a.service.d');
    t.notMatch(directories, 'ceph-mgr@b.service.d');
    await cluster.uvsctlOk('limits', 'set', 'ceph-mgr@b.service', 'TasksMax=101', ...onNode);
    await bed.shows('by its own name', /ceph-mgr@b\.service +from next start +it does not run/);
    await cluster.uvsctlOk('limits', 'unset', 'ceph-mgr@b.service', ...onNode);
    await eventually('it is gone again', async () => (await bed.dropInDirectories()) === directories, 30_000);
    await node.sh('systemctl start ceph-mgr@b');
    await bed.lookAgain();
    await bed.shows('it runs again', /ceph-mgr@b\.service +in force/);
    await cluster.uvsctlOk('limits', 'unset', 'ceph-mgr@*', ...onNode);
    await node.sh('systemctl disable --now ceph-mgr@a ceph-mgr@b && rm /etc/systemd/system/ceph-mgr@.service && systemctl daemon-reload');
  });

  await t.test('of a process that sets its own are not in force after its start', async () => {
    await node.write('/etc/systemd/system/own.service', "[Service]\nExecStart=/bin/sh -c 'ulimit -n 1500; exec sleep infinity'\n");
    await node.sh('systemctl daemon-reload && systemctl start own');
    await cluster.uvsctlOk('limits', 'set', 'own.service', 'LimitNOFILE=2000', ...onNode);
    await bed.shows('written', /own\.service +from next start +LimitNOFILE from its next start/);
    await node.sh('systemctl restart own');
    await bed.lookAgain();
    await bed.shows('told', /own\.service +not in force +LimitNOFILE is 1500 although the service has started with 2000: /);
    await node.sh(
      "mkdir -p /run/systemd/system/own.service.d && printf '[Service]\\nLimitNOFILE=1700\\nExecStart=\\nExecStart=sleep infinity\\n' >/run/systemd/system/own.service.d/99-mine.conf",
    );
    await node.sh('systemctl daemon-reload && systemctl restart own');
    await bed.lookAgain();
    await bed.shows(
      'overruled',
      /own\.service +not in force +LimitNOFILE is 1700, not 2000: \/run\/systemd\/system\/own\.service\.d\/99-mine\.conf is read after it/,
    );
    await node.sh('rm -r /run/systemd/system/own.service.d && systemctl daemon-reload');
    await cluster.uvsctlOk('limits', 'unset', 'own.service', ...onNode);
    await node.sh('systemctl stop own');
  });

  await t.test('are refused below the tasks and the open files that a service has, all of them together', async (t) => {
    const many = `globalThis.kept = Buffer.alloc(100e6, 1);
const { openSync } = require('node:fs'), { spawn } = require('node:child_process');
for (let at = 0; at < 1500; at++) openSync('/dev/null');
for (let at = 0; at < 20; at++) spawn('sleep', ['1000'], { stdio: 'ignore' });
setInterval(() => undefined, 1e6);
`;
    await node.write('/root/many.js', many);
    await node.write('/etc/systemd/system/many.service', `[Service]\nExecStart=${runtime}/bin/node /root/many.js\n`);
    await node.sh('systemctl daemon-reload && systemctl start many');
    const running = await bed.mainPid('many');
    const isThere = async (): Promise<boolean> => (await node.sh(`pgrep -cP ${running} sleep || true`)) === '20';
    await eventually('it has them', isThere, 30_000);
    const files = async (): Promise<string> => await node.sh(`grep 'open files' /proc/${running}/limits`);
    const before = [await bed.allOf('many'), await files(), await bed.dropInDirectories()];
    await cluster.uvsctlOk('limits', 'set', 'many.service', 'MemoryMax=64M', 'TasksMax=16', 'LimitNOFILE=1024', 'CPUWeight=50', ...onNode);
    const printed = await bed.shows('refused', /many\.service +refused +.*TasksMax=16 is below what it uses now, [2-4]\d\b/);
    t.match(printed, /many\.service +refused +.*MemoryMax=64MiB is below what it uses now, 1\d\d(\.\d)?MiB/);
    t.match(printed, /many\.service +refused +.*LimitNOFILE=1024 is below what it uses now, 15\d\d\b/);
    t.same([await bed.allOf('many'), await files(), await bed.dropInDirectories()], before);
    t.equal(await bed.mainPid('many'), running);
    await cluster.uvsctlOk('limits', 'unset', 'many.service', ...onNode);
    await node.sh('systemctl stop many');
  });

  await t.test('are refused of a service that is not active and has processes that use more', async (t) => {
    const eat = `${runtime}/bin/node /root/eat.js`;
    const services = {
      activating: `Type=notify\nTimeoutStartSec=600\nExecStart=${eat}`,
      reloading: `ExecStart=${eat}\nExecReload=sleep 600`,
      deactivating: `ExecStart=${eat}\nExecStop=sleep 600\nTimeoutStopSec=600`,
      failed: `KillMode=process\nExecStart=/bin/sh -c '${eat} & sleep 2; exit 1'`,
    };
    const names = Object.keys(services);
    const units = names.map((name) => `ceph-mds@${name}.service`);
    for (const [name, lines] of Object.entries(services))
      await node.write(`/etc/systemd/system/ceph-mds@${name}.service`, `[Service]\n${lines}\n`);
    await node.sh(`systemctl daemon-reload && systemctl start --no-block ${units.join(' ')}`);
    const eating = async (): Promise<string> => (await node.exec(['pgrep', '-fc', '^\\S+/node /root/eat.js'])).stdout.trim();
    await eventually('they run', async () => (await eating()) === '4', 30_000);
    await node.sh('sleep 3; systemctl reload --no-block ceph-mds@reloading; systemctl stop --no-block ceph-mds@deactivating');
    const states = async (): Promise<readonly string[]> =>
      (await node.must(['systemctl', 'show', '-P', 'ActiveState', ...units])).split('\n').filter((line) => line !== '');
    await eventually('they are as they are called', async () => (await states()).join() === names.join(), 30_000);
    await cluster.uvsctlOk('limits', 'set', 'ceph-mds@*', 'MemoryMax=64M', ...onNode);
    for (const unit of units)
      await bed.shows(unit, new RegExp(`${unit} +refused +MemoryMax=64MiB is below what it uses now, 1\\d\\d(\\.\\d)?MiB`));
    t.same(await states(), names, 'none was ended');
    await cluster.uvsctlOk('limits', 'unset', 'ceph-mds@*', ...onNode);
    await node.sh(`systemctl kill --kill-whom=all --signal=KILL ${units.join(' ')}`);
  });

  await t.test('are in force of a daemon of cephadm whose container Podman keeps in the unit’s own control group', async (t) => {
    const fsid = 'ceph-3b1c2a52-93aa-11ee-8b2f-0242ac110002';
    const unit = `${fsid}@osd.3.service`;
    // as cephadm's unit.run leaves it: conmon is the main process, the daemon in a group beside it, both below the unit's
    const split = `group=$(sed -n 's/^[0-9]*:name=systemd://p' /proc/self/cgroup)
start() {
  "$@" & pid=$!
  for controller in systemd memory pids; do
    mkdir -p "/sys/fs/cgroup/$controller$group/$part"
    echo $pid >"/sys/fs/cgroup/$controller$group/$part/cgroup.procs"
  done
}
part=libpod-payload start ${runtime}/bin/node /root/eat.js
part=supervisor start /usr/bin/conmon 1000
echo $pid >/run/osd.3.pid
`;
    await node.write('/root/split.sh', split);
    await node.write(
      `/etc/systemd/system/${fsid}@.service`,
      '[Service]\nType=forking\nPIDFile=/run/osd.3.pid\nDelegate=yes\nExecStart=/bin/sh /root/split.sh\n',
    );
    await node.sh(`cp /bin/sleep /usr/bin/conmon && systemctl daemon-reload && systemctl start '${unit}'`);
    const before = await bed.allOf(unit);
    const main = await bed.mainPid(unit);
    await cluster.uvsctlOk('limits', 'set', `${fsid}@osd.*`, 'MemoryMax=400M', 'TasksMax=99', 'CPUWeight=50', ...onNode);
    await bed.shows('in force', /@osd\.3\.service +in force +-/);
    t.equal(await bed.kernel('memory', 'memory.limit_in_bytes', unit), String(400 * 1024 ** 2));
    t.equal(await bed.kernel('pids', 'pids.max', unit), '99');
    t.equal(await bed.kernel('cpu', 'cpu.shares', unit), '512');
    t.match(
      await bed.kernel('memory', 'libpod-payload/memory.stat', unit),
      /^hierarchical_memory_limit 419430400$/m,
      'it holds the daemon',
    );
    await cluster.uvsctlOk('limits', 'set', `${fsid}@osd.*`, 'MemoryMax=64M', ...onNode);
    await bed.shows('refused', /@osd\.3\.service +refused +MemoryMax=64MiB is below what it uses now, 1\d\d(\.\d)?MiB/);
    t.equal(await bed.mainPid(unit), main, 'nothing was restarted, or ended');
    await cluster.uvsctlOk('limits', 'unset', `${fsid}@osd.*`, ...onNode);
    await eventually('it is taken back', async () => (await bed.kernel('pids', 'pids.max', unit)) !== '99', 30_000);
    t.same(await bed.allOf(unit), before);
    t.equal((await node.exec(['test', '-e', `/etc/systemd/system/${unit}.d`])).code, 1);
    await node.sh(`systemctl stop '${unit}'`);
  });

  await t.test('are not in force of a service whose processes are elsewhere, which are named', async (t) => {
    await node.write(
      '/etc/systemd/system/forked.service',
      `[Service]
Type=forking
PIDFile=/run/forked.pid
ExecStart=/bin/sh -c 'systemd-run --quiet --unit=elsewhere sleep 1000; systemctl show -P MainPID elsewhere >/run/forked.pid; sleep 1001 &'
`,
    );
    const inDocker = 'ceph-8f9d4e4c-93aa-11ee-8b2f-0242ac110002@osd.3.service';
    await node.write(`/etc/systemd/system/${inDocker}`, "[Service]\nExecStart=/bin/bash -c '/usr/bin/docker 1000; true'\n");
    await node.sh(`cp /bin/sleep /usr/bin/docker && systemctl daemon-reload && systemctl start forked '${inDocker}'`);
    const limits = ['TasksMax=100', ...onNode];
    await cluster.uvsctlOk('limits', 'set', 'forked.service', ...limits);
    await cluster.uvsctlOk('limits', 'set', 'ceph-8f9d4e4c-93aa-11ee-8b2f-0242ac110002@osd.*', ...limits);
    const printed = await bed.shows(
      'named',
      /forked\.service +not in force +nothing holds its daemon to TasksMax: its main process \d+ \(sleep\)/,
    );
    t.match(printed, /\(sleep\) is in the control group \/system\.slice\/elsewhere\.service/);
    t.match(printed, /@osd\.3\.service +not in force +nothing holds its daemon to TasksMax: process \d+ \(docker\) has its container in/);
    await cluster.uvsctlOk('limits', 'unset', 'forked.service', ...onNode);
    await cluster.uvsctlOk('limits', 'unset', 'ceph-8f9d4e4c-93aa-11ee-8b2f-0242ac110002@osd.*', ...onNode);
  });

  await t.test('of odd units are told, and keep no other from its own', async (t) => {
    const names = ['dangling', 'filed', 'linked'];
    for (const name of names) await node.write(`/etc/systemd/system/${name}.service`, '[Service]\nExecStart=sleep infinity\n');
    await node.sh(
      'mkdir /srv/linked.d && cd /etc/systemd/system && ln -s /srv/linked.d linked.service.d && ln -s /nowhere dangling.service.d && touch filed.service.d',
    );
    await node.sh(`systemctl daemon-reload && systemctl start ${names.join(' ')}`);
    for (const name of names) await cluster.uvsctlOk('limits', 'set', `${name}.service`, 'TasksMax=100', ...onNode);
    const printed = await bed.shows('the other', /linked\.service +in force/);
    t.match(printed, /dangling\.service +not in force +\/etc\/systemd\/system\/dangling\.service\.d is no directory, and no link to one/);
    t.match(printed, /filed\.service +not in force +\/etc\/systemd\/system\/filed\.service\.d is no directory, and no link to one/);
    const most = async (): Promise<string> => await node.sh('cat "/sys/fs/cgroup/pids$(systemctl show -P ControlGroup linked)/pids.max"');
    t.equal(await most(), '100');
    await node.sh('ln -s linked.service /etc/systemd/system/alias.service && systemctl daemon-reload');
    await cluster.uvsctlOk('limits', 'set', 'alias.service', 'TasksMax=99', ...onNode);
    await bed.shows('two names of one', /linked\.service +refused +alias\.service and linked\.service set different values of TasksMax/);
    await cluster.uvsctlOk('limits', 'unset', 'alias.service', ...onNode);
    for (const name of names) await cluster.uvsctlOk('limits', 'unset', `${name}.service`, ...onNode);
    await eventually('it is taken back', async () => (await most()) !== '100', 30_000);
    t.equal(await node.sh('readlink /etc/systemd/system/linked.service.d; ls -A /srv/linked.d'), '/srv/linked.d');
  });
  t.comment(`limits of such services on a booted node: ${((performance.now() - beganMs) / 1000).toFixed(1)} s`);
});
