import { cpus } from 'node:os';
import { isDeepStrictEqual } from 'node:util';
import t from 'tap';
import { eventually } from '../support/eventually.ts';
import type { BootedNode } from './booted-node.ts';
import { JoinedNode } from './joined-node.ts';
import { LimitedNode, onNode, osd, runtime, whyNoLimits } from './limited-node.ts';

t.setTimeout(420_000);
const whyNot = whyNoLimits();
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
    await bed.lookAgain();
    await bed.shows(
      'not told as in force',
      /ceph-osd@3\.service +not in force +the kernel of this node has no IOWeight: there is no blkio\.weight or blkio\.bfq\.weight/,
    );
    t.equal(await bed.kernel('memory', 'memory.limit_in_bytes'), String(400 * 1024 ** 2));
    await node.sh('umount /sys/fs/cgroup/blkio');
    await bed.lookAgain();
    await bed.shows('in force again', /ceph-osd@3\.service +in force/);
  });

  await t.test('are put back where somebody has changed them', async (t) => {
    const group = (await node.must(['systemctl', 'show', '-P', 'ControlGroup', osd])).trim();
    await node.sh(
      `echo 900000000 > '/sys/fs/cgroup/memory${group}/memory.limit_in_bytes'; rm /etc/systemd/system/ceph-osd@4.service.d/90-uvs-limits.conf`,
    );
    await bed.lookAgain();
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
    await bed.lookAgain();
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

  await t.test('of a service that is masked while it runs are told as what they are, and in force once it is unmasked', async (t) => {
    const masked = 'ceph-osd@4.service';
    const ran = await bed.mainPid(masked);
    await node.sh(`systemctl mask ${masked}`);
    await bed.lookAgain();
    await bed.shows(
      'told',
      /ceph-osd@4\.service +not in force +nothing holds it to MemoryMax, .*systemd does that for units that are loaded alone; .*ceph-osd@4\.service is masked: nothing starts it/,
    );
    t.match(await bed.dropInDirectories(), 'ceph-osd@4.service.d');
    await node.sh(`systemctl unmask ${masked}`);
    await eventually('they are back', async () => (await bed.kernel('cpu', 'cpu.cfs_quota_us', masked)) === '150000', 30_000);
    await bed.lookAgain();
    await bed.shows('as before', /ceph-osd@4\.service +from next start +osd_memory_target from its next start/);
    t.equal(await bed.mainPid(masked), ran);
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
