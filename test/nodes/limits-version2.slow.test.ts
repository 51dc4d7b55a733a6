import t from 'tap';
import { eventually } from '../support/eventually.ts';
import { agentEnv } from './updated-node.ts';
import { TOLD_MS, VirtualMember } from './virtual-member.ts';

t.setTimeout(3_600_000);

const osd = 'ceph-osd@3.service';
/** Has 150 MB in use. */
const service = `[Service]
ExecStart=${agentEnv.UVS_NODE} -e "globalThis.kept = Buffer.alloc(150e6, 1); setInterval(() => undefined, 1e6)"
`;

/** Looks at limits of a node. */
class Bed {
  readonly #member: VirtualMember;

  constructor(member: VirtualMember) {
    this.#member = member;
  }

  async set(...limits: readonly string[]): Promise<void> {
    await this.#member.cluster.uvsctlOk('limits', 'set', 'ceph-osd@*', ...limits, '--role', 'osd', '--reason', 'a test');
  }

  async shows(what: string, expected: RegExp): Promise<void> {
    let printed = '';
    const isShown = async () => expected.test((printed = await this.#member.cluster.uvsctlOk('limits', 'show')));
    await eventually(what, isShown, TOLD_MS).catch((cause: unknown) => {
      throw new Error(`${what}, not:\n${printed}`, { cause });
    });
  }

  /** What the kernel has in a file of the service's control group. */
  async kernel(file: string): Promise<string> {
    return await this.#member.node.sh(`cat "/sys/fs/cgroup$(systemctl show -P ControlGroup ${osd})/${file}"`);
  }

  /** Of each limit by its file, of those that are there: systemd leaves out a controller that nobody asks for. */
  async all(): Promise<readonly string[]> {
    const files = ['memory.max', 'memory.high', 'cpu.weight', 'cpu.max', 'io.weight', 'io.bfq.weight', 'pids.max'];
    const printed = await this.#member.node.sh(
      `cd "/sys/fs/cgroup$(systemctl show -P ControlGroup ${osd})" && grep -Hs '' ${files.join(' ')}; true`,
    );
    return printed.split('\n');
  }
}

void t.test('limits of services where control groups are of version 2', async (t) => {
  const beganMs = performance.now();
  await using member = await VirtualMember.start({ mebibytes: 1536 }, async (node) => {
    await node.write('/etc/systemd/system/ceph-osd@.service', service);
    await node.sh(`systemctl daemon-reload && systemctl start ${osd}`);
  });
  const { node, cluster } = member;
  const bed = new Bed(member);
  await using _report = {
    [Symbol.asyncDispose]: async () => {
      if (!t.passing()) t.comment(await member.logTails());
      t.comment(`limits on control groups of version 2: ${((performance.now() - beganMs) / 1000).toFixed(0)} s`);
    },
  };
  t.equal(await node.must(['stat', '-f', '-c', '%T', '/sys/fs/cgroup']), 'cgroup2fs');
  const pid = await node.must(['systemctl', 'show', '-P', 'MainPID', osd]);
  const unlimited = await bed.all();

  await t.test('are put in force at once, MemoryHigh too', async (t) => {
    await bed.set('MemoryMax=400M', 'MemoryHigh=300M', 'CPUWeight=50', 'CPUQuota=150%', 'IOWeight=200', 'TasksMax=77');
    await bed.shows('in force', /ceph-osd@3\.service +in force/);
    t.equal(await bed.kernel('memory.max'), String(400 * 1024 ** 2));
    t.equal(await bed.kernel('memory.high'), String(300 * 1024 ** 2));
    t.equal(await bed.kernel('cpu.weight'), '50');
    t.equal(await bed.kernel('cpu.max'), '150000 100000');
    t.match(await bed.kernel('io.weight'), /^default 200$/m);
    t.equal(await bed.kernel('pids.max'), '77');
    t.equal(await node.must(['systemctl', 'show', '-P', 'MainPID', osd]), pid, 'nothing was restarted');
  });

  await t.test('are put back where somebody has changed them', async (t) => {
    await node.sh(`echo 900000000 >"/sys/fs/cgroup$(systemctl show -P ControlGroup ${osd})/memory.max"`);
    await member.stopAgent();
    await member.startAgent();
    await bed.shows('put back', /ceph-osd@3\.service +in force .*MemoryMax had been changed, and was put back/);
    t.equal(await bed.kernel('memory.max'), String(400 * 1024 ** 2));
  });

  await t.test('are refused below what the service uses, and what was before stays', async (t) => {
    await bed.set('MemoryMax=100M');
    await bed.shows('refused', /ceph-osd@3\.service +refused +MemoryMax=100MiB is below what it uses now, \d+(\.\d)?MiB/);
    t.equal(await bed.kernel('memory.max'), String(400 * 1024 ** 2));
    await node.write('/etc/systemd/system/ceph-osd@4.service.d/starts.conf', '[Service]\nType=notify\nTimeoutStartSec=infinity\n');
    await node.sh('systemctl daemon-reload && systemctl start --no-block ceph-osd@4');
    const inUse = 'cat "/sys/fs/cgroup$(systemctl show -P ControlGroup ceph-osd@4)/memory.current"';
    await eventually('it has its memory', async () => Number((await node.exec(['sh', '-c', inUse])).stdout) > 150e6, TOLD_MS);
    await bed.set('MemoryMax=101M');
    await bed.shows('refused as well', /ceph-osd@4\.service +refused +MemoryMax=101MiB is below what it uses now, \d+(\.\d)?MiB/);
    t.equal(await node.sh('systemctl show -P ActiveState ceph-osd@4'), 'activating');
    await bed.set('MemoryMax=60%');
    await bed.shows('refused together', /ceph-osd@3\.service +refused +MemoryMax of 2 units comes to \S+GiB, and the node has \S+GiB/);
    await bed.shows('the other as well', /ceph-osd@4\.service +refused +MemoryMax of 2 units comes to/);
    t.equal(await bed.kernel('memory.max'), String(400 * 1024 ** 2));
    await node.sh('systemctl kill --signal=KILL ceph-osd@4');
  });

  await t.test('leave no trace when they are taken back', async (t) => {
    await cluster.uvsctlOk('limits', 'unset', 'ceph-osd@*', '--role', 'osd', '--reason', 'a test');
    await eventually('no limit holds', async () => (await bed.kernel('memory.max')) === 'max', TOLD_MS);
    t.equal(await bed.kernel('memory.high'), 'max');
    const none = ['cpu.weight:100', 'cpu.max:max 100000', 'io.weight:default 100', 'io.bfq.weight:default 100'];
    const left = (await bed.all()).filter((each) => !unlimited.includes(each) && !none.includes(each));
    t.same(left, [], 'each is as it was, or as where nobody asks for its controller');
    t.equal((await node.exec(['test', '-e', `/etc/systemd/system/${osd}.d`])).code, 1);
  });
});
