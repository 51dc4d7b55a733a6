import { existsSync } from 'node:fs';
import { cpus } from 'node:os';
import { isDeepStrictEqual } from 'node:util';
import t from 'tap';
import { eventually } from '../support/eventually.ts';
import { whyNoBootedNodes } from './booted-nodes.ts';
import type { BootedNode } from './booted-node.ts';
import { JoinedNode } from './joined-node.ts';
import { LimitedNode, osd } from './limited-node.ts';
import { agentBinds } from './updated-node.ts';

t.setTimeout(420_000);
// where systemd has version 2 alone, as on Debian's own kernels, nodes share it
const whyNotHere = existsSync('/sys/fs/cgroup/cgroup.controllers')
  ? 'this looks at control groups of version 1: make test-cgroups has version 2'
  : undefined;
const whyNot = whyNoBootedNodes() ?? whyNotHere;
if (whyNot !== undefined && process.env['CI'] === 'true') throw new Error(whyNot);
const runtime = agentBinds[1] ?? '';
const osds = [osd, 'ceph-osd@4.service'];
const dropIns = '/etc/systemd/system/ceph-osd@3.service.d';

/** Two services that stand for OSDs: each has 150 MB in use. */
const service = `[Service]
ExecStart=${runtime}/bin/node -e "globalThis.kept = Buffer.alloc(150e6, 1); setInterval(() => undefined, 1e6)"
`;

async function startOsds(node: BootedNode): Promise<void> {
  await node.write('/etc/systemd/system/ceph-osd@.service', service);
  await node.sh('systemctl daemon-reload && systemctl start ceph-osd@3 ceph-osd@4');
}

void t.test('limits of services on a machine with systemd', { skip: whyNot ?? false }, async (t) => {
  const beganMs = performance.now();
  await using joined = await JoinedNode.start(startOsds);
  const bed = new LimitedNode(joined);
  const { node, cluster } = bed;
  // before the node is gone
  await using _report = {
    [Symbol.asyncDispose]: async () => {
      if (!t.passing()) t.comment(await joined.agentLog());
    },
  };
  const pid = await bed.mainPid();
  const unlimited = await Promise.all(osds.map(async (unit) => await bed.allOf(unit)));
  const onNode = ['--node', 'node1', '--reason', 'a test'];

  await t.test('are put in force at once, and what needs a restart says so', async (t) => {
    await bed.set(
      'MemoryMax=400M',
      'CPUWeight=50',
      'CPUQuota=150%',
      'IOWeight=200',
      'TasksMax=77',
      'LimitNOFILE=4096',
      'OOMScoreAdjust=500',
    );
    const printed = await bed.shows('told', /ceph-osd@4\.service +from next start +OOMScoreAdjust and LimitNOFILE from its next start/);
    t.match(printed, /node1 +ceph-osd@3\.service +from next start/);
    t.equal(await bed.kernel('memory', 'memory.limit_in_bytes'), String(400 * 1024 ** 2));
    t.equal(await bed.kernel('cpu', 'cpu.shares'), '512');
    t.equal(await bed.kernel('cpu', 'cpu.cfs_quota_us'), '150000');
    t.equal(await bed.kernel('pids', 'pids.max'), '77');
    const weights = await bed.allOf(osd);
    t.ok(weights.get('blkio/blkio.weight') === '1000' || weights.get('blkio/blkio.bfq.weight') === '181', 'one that the kernel has');
    t.equal(await bed.mainPid(), pid, 'nothing was restarted');
  });

  await t.test('hold entirely after a restart through a slot', async (t) => {
    t.match(await cluster.uvsctl('restart', 'ceph-osd@*', '--all', '--rolling', '--yes', '--reason', 'limits'), { code: 0 });
    await bed.shows('in force', /ceph-osd@3\.service +in force .*\n.*ceph-osd@4\.service +in force/);
    const now = await bed.mainPid();
    t.not(now, pid);
    t.equal((await node.sh(`cat /proc/${now}/oom_score_adj`)).trim(), '500');
    t.match(await node.sh(`grep 'open files' /proc/${now}/limits`), /4096 +4096/);
  });

  await t.test('are shares of the node’s CPUs, and of the nodes with a label as long as they have it', async (t) => {
    const where = ['--label', 'rack=r1', '--reason', 'a test'];
    await cluster.uvsctlOk('limits', 'set', 'ceph-osd@*', 'CPUQuota=share:50%', 'CPUWeight=80', ...where);
    t.match(await cluster.uvsctl('limits', 'list'), { stdout: /rack=r1/ });
    const quota = async (): Promise<string> => await bed.kernel('cpu', 'cpu.cfs_quota_us');
    t.equal(await quota(), '150000', 'no node has the label');
    await cluster.uvsctlOk('nodes', 'label', 'node1', 'rack=r1');
    await eventually('the share is in force', async () => (await quota()) === String(cpus().length * 50_000), 30_000);
    t.equal(await bed.kernel('cpu', 'cpu.shares'), '819');
    t.equal(await bed.kernel('pids', 'pids.max'), '77', 'what the label says nothing of is the role’s');
    await bed.shows('in force', /ceph-osd@3\.service +in force .*\n.*ceph-osd@4\.service +in force/);
    await cluster.uvsctlOk('nodes', 'label', 'node1', 'rack-');
    await eventually('the role’s is in force', async () => (await quota()) === '150000', 30_000);
    t.equal(await bed.kernel('cpu', 'cpu.shares'), '512');
    await cluster.uvsctlOk('limits', 'unset', 'ceph-osd@*', ...where);
  });

  await t.test('are not in force where the kernel has nothing that says so, and the others are', async (t) => {
    await node.sh('mount -t tmpfs -o ro none /sys/fs/cgroup/blkio');
    await joined.stopAgent();
    await joined.startAgent();
    await bed.shows(
      'not told as in force',
      /ceph-osd@3\.service +not in force +the kernel of this node has no IOWeight: there is no blkio\.weight or blkio\.bfq\.weight/,
    );
    t.equal(await bed.kernel('memory', 'memory.limit_in_bytes'), String(400 * 1024 ** 2));
    await node.sh('umount /sys/fs/cgroup/blkio');
    await joined.stopAgent();
    await joined.startAgent();
    await bed.shows('in force again', /ceph-osd@3\.service +in force/);
  });

  await t.test('are put back where somebody has changed them', async (t) => {
    const group = (await node.must(['systemctl', 'show', '-P', 'ControlGroup', osd])).trim();
    await node.sh(
      `echo 900000000 > '/sys/fs/cgroup/memory${group}/memory.limit_in_bytes'; rm /etc/systemd/system/ceph-osd@4.service.d/90-uvs-limits.conf`,
    );
    await joined.stopAgent();
    await joined.startAgent();
    await bed.shows('put back', /ceph-osd@3\.service +in force .*MemoryMax had been changed, and was put back/);
    t.equal(await bed.kernel('memory', 'memory.limit_in_bytes'), String(400 * 1024 ** 2));
    await bed.shows(
      'told',
      /ceph-osd@4\.service +in force .*; \/etc\/systemd\/system\/ceph-osd@4\.service\.d\/90-uvs-limits\.conf had been changed/,
    );
    t.equal(await joined.coordinatorMetric('uvs_mended_total{kind="limits"}'), 2);
    t.equal(await joined.coordinatorMetric('uvs_mended_total{kind="settings"}'), 0);
    t.match(await node.sh('cat /etc/systemd/system/ceph-osd@4.service.d/90-uvs-limits.conf'), 'MemoryMax=419430400');
  });

  await t.test('are refused where they do not fit, with the reason, and what was before stays', async (t) => {
    const preview = await cluster.uvsctl('limits', 'preview', 'ceph-osd@*', 'MemoryMax=100M', '--role', 'osd');
    t.match(preview.stdout, /^node1 +ceph-osd@3\.service +MemoryMax=100MiB is below what it uses now, 1\d\d(\.\d)?MiB$/mu);
    t.match(preview.stderr, /1 node would refuse a part of it now/u);
    t.match(await cluster.uvsctl('limits', 'preview', 'ceph-osd@*', 'MemoryMax=410M', '--role', 'osd'), {
      stderr: /All of them would take it now\./u,
    });
    t.equal(await bed.kernel('memory', 'memory.limit_in_bytes'), String(400 * 1024 ** 2));
    await bed.set('MemoryMax=100M');
    await bed.shows('refused', /ceph-osd@3\.service +refused +MemoryMax=100MiB is below what it uses now, 1\d\d(\.\d)?MiB/);
    t.equal(await bed.kernel('memory', 'memory.limit_in_bytes'), String(400 * 1024 ** 2));
    await bed.set('MemoryMax=60%');
    await bed.shows('refused together', /refused +MemoryMax of 2 units comes to \S+GiB, and the node has \S+GiB/);
    t.equal(await bed.kernel('memory', 'memory.limit_in_bytes'), String(400 * 1024 ** 2));
    await bed.set('MemoryMax=share:20%', 'MemoryHigh=300M');
    await bed.shows('no such limit', /refused +the control groups of this node are of version 1, which has no MemoryHigh/);
    await cluster.uvsctlOk('limits', 'unset', 'ceph-osd@*', 'MemoryHigh', '--role', 'osd', '--reason', 'a test');
    await bed.shows('a share', /ceph-osd@3\.service +from next start +osd_memory_target from its next start/);
    await node.sh(`systemctl restart ${osd}`);
    t.match(await node.sh(`tr '\\0' '\\n' < /proc/${await bed.mainPid()}/environ`), /^POD_MEMORY_LIMIT=\d+$/m);
    await joined.stopAgent();
    await joined.startAgent();
    await bed.shows('told', /ceph-osd@3\.service +in force +osd_memory_target is \S+GiB unless Ceph's configuration names one/);
    t.match(await cluster.uvsctl('limits', 'set', 'ceph-osd@*', 'ExecStart=/bin/sh', '--all', '--reason', 'x'), {
      code: 2,
      stderr: /"ExecStart" is no limit that UVS sets.*\n.*MemoryMax, /,
    });
  });

  await t.test('of a unit that is not there, or masked, are told as that, and nothing of them is on the node', async (t) => {
    const before = await bed.dropInDirectories();
    t.match(before, dropIns);
    await cluster.uvsctlOk('limits', 'set', 'nonsuch.service', 'TasksMax=100', ...onNode);
    await bed.shows('absent', /nonsuch\.service +refused +there is no such unit here/);
    t.equal((await node.exec(['test', '-e', '/etc/systemd/system/nonsuch.service.d'])).code, 1);
    t.equal(await bed.dropInDirectories(), before);
    await cluster.uvsctlOk('limits', 'unset', 'nonsuch.service', ...onNode);
    await node.sh('systemctl mask never-here.service');
    await cluster.uvsctlOk('limits', 'set', 'never-here.service', 'TasksMax=100', ...onNode);
    await bed.shows('masked', /never-here\.service +not in force +never-here\.service is masked: nothing starts it/);
    await cluster.uvsctlOk('limits', 'unset', 'never-here.service', ...onNode);
    await node.sh('systemctl unmask never-here.service');
    await eventually('nothing is left', async () => (await bed.dropInDirectories()) === before);
  });

  await t.test('of a pattern are kept by a service that is stopped, and not by one that is disabled as well', async (t) => {
    const unit = '[Service]\nExecStart=sleep infinity\n[Install]\nWantedBy=multi-user.target\n';
    await node.write('/etc/systemd/system/ceph-mgr@.service', unit);
    await node.sh('systemctl daemon-reload && systemctl enable --now ceph-mgr@a ceph-mgr@b');
    await cluster.uvsctlOk('limits', 'set', 'ceph-mgr@*', 'TasksMax=100', ...onNode);
    await bed.shows('in force', /ceph-mgr@a\.service +in force .*\n.*ceph-mgr@b\.service +in force/);
    await node.sh('systemctl stop ceph-mgr@a && systemctl disable --now ceph-mgr@b');
    await joined.stopAgent();
    await joined.startAgent();
    t.notMatch(await bed.shows('one is kept', /ceph-mgr@a\.service +from next start +it does not run/), /ceph-mgr@b/);
    const directories = await bed.dropInDirectories();
    t.match(directories, 'ceph-mgr@a.service.d');
    t.notMatch(directories, 'ceph-mgr@b.service.d');
    await cluster.uvsctlOk('limits', 'set', 'ceph-mgr@b.service', 'TasksMax=101', ...onNode);
    await bed.shows('by its own name', /ceph-mgr@b\.service +from next start +it does not run/);
    await cluster.uvsctlOk('limits', 'unset', 'ceph-mgr@b.service', ...onNode);
    await eventually('it is gone again', async () => (await bed.dropInDirectories()) === directories, 30_000);
    await node.sh('systemctl start ceph-mgr@b');
    await joined.stopAgent();
    await joined.startAgent();
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
    await joined.stopAgent();
    await joined.startAgent();
    await bed.shows('told', /own\.service +not in force +LimitNOFILE is 1500 although the service has started with 2000: /);
    await node.sh(
      "mkdir -p /run/systemd/system/own.service.d && printf '[Service]\\nLimitNOFILE=1700\\nExecStart=\\nExecStart=sleep infinity\\n' >/run/systemd/system/own.service.d/99-mine.conf",
    );
    await node.sh('systemctl daemon-reload && systemctl restart own');
    await joined.stopAgent();
    await joined.startAgent();
    await bed.shows(
      'overruled',
      /own\.service +not in force +LimitNOFILE is 1700, not 2000: \/run\/systemd\/system\/own\.service\.d\/99-mine\.conf is read after it/,
    );
    await node.sh('rm -r /run/systemd/system/own.service.d && systemctl daemon-reload');
    await cluster.uvsctlOk('limits', 'unset', 'own.service', ...onNode);
    await node.sh('systemctl stop own');
  });

  await t.test('of a service that is masked while it runs are told as what they are, and in force once it is unmasked', async (t) => {
    const masked = 'ceph-osd@4.service';
    const ran = await bed.mainPid(masked);
    await node.sh(`systemctl mask ${masked}`);
    await joined.stopAgent();
    await joined.startAgent();
    await bed.shows(
      'told',
      /ceph-osd@4\.service +not in force +nothing holds it to MemoryMax, .*systemd does that for units that are loaded alone; .*ceph-osd@4\.service is masked: nothing starts it/,
    );
    t.match(await bed.dropInDirectories(), 'ceph-osd@4.service.d');
    await node.sh(`systemctl unmask ${masked}`);
    await eventually('they are back', async () => (await bed.kernel('cpu', 'cpu.cfs_quota_us', masked)) === '150000', 30_000);
    await joined.stopAgent();
    await joined.startAgent();
    await bed.shows('as before', /ceph-osd@4\.service +from next start +osd_memory_target from its next start/);
    t.equal(await bed.mainPid(masked), ran);
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
    await node.write('/root/eat.js', 'globalThis.kept = Buffer.alloc(100e6, 1); setInterval(() => undefined, 1e6)');
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
    const where = ['--node', 'node1', '--reason', 'a test'];
    await cluster.uvsctlOk('limits', 'set', 'ceph-mds@*', 'MemoryMax=64M', ...where);
    for (const unit of units)
      await bed.shows(unit, new RegExp(`${unit} +refused +MemoryMax=64MiB is below what it uses now, 1\\d\\d(\\.\\d)?MiB`));
    t.same(await states(), names, 'none was ended');
    await cluster.uvsctlOk('limits', 'unset', 'ceph-mds@*', ...where);
    await node.sh(`systemctl kill --kill-whom=all --signal=KILL ${units.join(' ')}`);
  });

  await t.test('of nonsense nothing comes to the node, and what makes no sense there changes nothing', async (t) => {
    const dropIn = await node.sh(`cat '${dropIns}/90-uvs-limits.conf'`);
    const started = await bed.mainPid();
    const nonsense: readonly (readonly [string, RegExp])[] = [
      ['MemoryMax=-1', /MemoryMax=-1 is no limit: it takes a size \(512M, 3G\)/],
      ['MemoryMax=0', /MemoryMax=0 is no limit: it has to be from 64MiB/],
      ['MemoryMax=120%', /MemoryMax=120% is no limit: a share is from 1% to 100%/],
      ['MemoryMax=3X', /MemoryMax=3X is no limit: it takes a size/],
      ['CPUQuota=share:101%', /CPUQuota=share:101% is no limit: a share is from 1% to 100%/],
      ['CPUQuota=-5%', /CPUQuota=-5% is no limit: it takes percent/],
      ['CPUWeight=0', /CPUWeight=0 is no limit: it has to be from 1 to 10000/],
      ['TasksMax=-3', /TasksMax=-3 is no limit: it takes a whole number/],
      ['TasksMax=3', /TasksMax=3 is no limit: it has to be from 16/],
      ['OOMScoreAdjust=2000', /OOMScoreAdjust=2000 is no limit: it has to be from -1000 to 1000/],
      ['LimitNOFILE=many', /LimitNOFILE=many is no limit: it takes a whole number/],
    ];
    for (const [value, why] of nonsense) {
      const refused = await cluster.uvsctl('limits', 'set', 'ceph-osd@*', value, '--role', 'osd', '--reason', 'a test');
      t.match(refused, { code: 2, stderr: why }, value);
    }
    for (const unit of ['ssh@*', '../evil', 'two words', 'ceph-osd@']) {
      const refused = await cluster.uvsctl('limits', 'set', unit, 'TasksMax=100', '--all', '--reason', 'a test');
      t.match(refused, { code: 2, stderr: / is no service/ }, unit);
    }
    t.equal(await node.sh(`cat '${dropIns}/90-uvs-limits.conf'`), dropIn);
    t.equal(await bed.mainPid(), started);
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
    const limits = ['TasksMax=100', '--node', 'node1', '--reason', 'a test'];
    await cluster.uvsctlOk('limits', 'set', 'forked.service', ...limits);
    await cluster.uvsctlOk('limits', 'set', 'ceph-8f9d4e4c-93aa-11ee-8b2f-0242ac110002@osd.*', ...limits);
    const printed = await bed.shows(
      'named',
      /forked\.service +not in force +nothing holds its daemon to TasksMax: its main process \d+ \(sleep\)/,
    );
    t.match(printed, /\(sleep\) is in the control group \/system\.slice\/elsewhere\.service/);
    t.match(printed, /@osd\.3\.service +not in force +nothing holds its daemon to TasksMax: process \d+ \(docker\) has its container in/);
    await cluster.uvsctlOk('limits', 'unset', 'forked.service', '--node', 'node1', '--reason', 'a test');
    await cluster.uvsctlOk('limits', 'unset', 'ceph-8f9d4e4c-93aa-11ee-8b2f-0242ac110002@osd.*', '--node', 'node1', '--reason', 'a test');
  });

  await t.test('of odd units are told, and keep no other from its own', async (t) => {
    const names = ['dangling', 'filed', 'linked'];
    const where = ['--node', 'node1', '--reason', 'a test'];
    for (const name of names) await node.write(`/etc/systemd/system/${name}.service`, '[Service]\nExecStart=sleep infinity\n');
    await node.sh(
      'mkdir /srv/linked.d && cd /etc/systemd/system && ln -s /srv/linked.d linked.service.d && ln -s /nowhere dangling.service.d && touch filed.service.d',
    );
    await node.sh(`systemctl daemon-reload && systemctl start ${names.join(' ')}`);
    for (const name of names) await cluster.uvsctlOk('limits', 'set', `${name}.service`, 'TasksMax=100', ...where);
    const printed = await bed.shows('the other', /linked\.service +in force/);
    t.match(printed, /dangling\.service +not in force +\/etc\/systemd\/system\/dangling\.service\.d is no directory, and no link to one/);
    t.match(printed, /filed\.service +not in force +\/etc\/systemd\/system\/filed\.service\.d is no directory, and no link to one/);
    const most = async (): Promise<string> => await node.sh('cat "/sys/fs/cgroup/pids$(systemctl show -P ControlGroup linked)/pids.max"');
    t.equal(await most(), '100');
    await node.sh('ln -s linked.service /etc/systemd/system/alias.service && systemctl daemon-reload');
    await cluster.uvsctlOk('limits', 'set', 'alias.service', 'TasksMax=99', ...where);
    await bed.shows('two names of one', /linked\.service +refused +alias\.service and linked\.service set different values of TasksMax/);
    await cluster.uvsctlOk('limits', 'unset', 'alias.service', ...where);
    for (const name of names) await cluster.uvsctlOk('limits', 'unset', `${name}.service`, ...where);
    await eventually('it is taken back', async () => (await most()) !== '100', 30_000);
    t.equal(await node.sh('readlink /etc/systemd/system/linked.service.d; ls -A /srv/linked.d'), '/srv/linked.d');
  });

  await t.test('leave no trace when they are taken back', async (t) => {
    for (const [at, unit] of osds.entries()) {
      const limited = await bed.allOf(unit);
      t.ok(limited.size >= 5, 'memory, tasks, both limits of the CPUs and a weight of I/O');
      for (const [file, value] of limited) t.not(unlimited[at]?.get(file), value, `${file} of ${unit} is a limit`);
    }
    await cluster.uvsctlOk('limits', 'unset', 'ceph-osd@*', '--role', 'osd', '--reason', 'a test');
    await eventually('the drop-ins are gone', async () => !(await bed.dropInDirectories()).includes('ceph-osd@'), 30_000);
    for (const [at, unit] of osds.entries())
      await eventually(`${unit} has what it had`, async () => isDeepStrictEqual(await bed.allOf(unit), unlimited[at]), 30_000);
    t.match(await cluster.uvsctl('limits', 'show'), { code: 0, stderr: /No node has limits to keep/ });
    t.match(await cluster.uvsctl('limits', 'list'), { stderr: /No limits are set/ });
  });
  t.comment(`limits on a booted node: ${((performance.now() - beganMs) / 1000).toFixed(1)} s`);
});
