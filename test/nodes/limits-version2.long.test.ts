import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { eventually } from '../support/eventually.ts';
import { mustRun, programPath } from '../support/programs.ts';
import { SLOWER } from './command-line.ts';
import { agentBinds, agentEnv } from './updated-node.ts';
import { VirtualNode } from './virtual-node.ts';

t.setTimeout(3_600_000);

const ETCD = '/usr/bin/etcd';
const WAIT_MS = 60_000 * SLOWER;
const osd = 'ceph-osd@3.service';
const runtime = agentEnv.UVS_NODE;
/** Has 150 MB in use. */
const service = `[Service]
ExecStart=${runtime} -e "globalThis.kept = Buffer.alloc(150e6, 1); setInterval(() => undefined, 1e6)"
`;

/** A cluster of one node, whose coordinator and etcd are on the node itself: a virtual machine has no network. */
class LonelyNode {
  readonly node: VirtualNode;

  constructor(node: VirtualNode) {
    this.node = node;
  }

  async found(rootFile: string): Promise<void> {
    const { node } = this;
    await node.copyIn(rootFile, '/root');
    await node.write('/etc/hosts', '127.0.0.1 localhost\n');
    const addresses = ['--grpc', '127.0.0.1:7443', '--https', '127.0.0.1:7444'];
    const init = ['init', '--name', 'lonely', '--id', 'c1', '--package-root', '/root/root.json', '--etcd', 'embedded'];
    await node.must([programPath('uvs-coordinator'), ...init, ...addresses], { env: agentEnv });
    await this.#start('coordinator', 'uvs-coordinator');
    let said = '';
    const leads = async (): Promise<boolean> => {
      const { code, stdout, stderr } = await this.#uvsctl('status');
      said = stdout + stderr;
      return code === 0;
    };
    await eventually('the coordinator leads', leads, WAIT_MS).catch(async (cause: unknown) => {
      throw new Error(`no coordinator leads: ${said}${await node.sh('journalctl -u coordinator -n 40 -o cat')}`, { cause });
    });
    // on so slow a machine an answer may take longer than uvsctl waits
    const token = await eventually('a token', async () => await this.uvsctl('join-tokens', 'create', '--uses', '1'), WAIT_MS);
    await node.write('/root/join.token', token, '600');
    const join = [programPath('uvs-agent'), 'join', '--token-file', '/root/join.token', '--hostname', 'node1', '--roles', 'osd'];
    await node.must(join, { env: agentEnv });
    await this.startAgent();
  }

  async startAgent(): Promise<void> {
    await this.#start('agent', 'uvs-agent');
  }

  async stopAgent(): Promise<void> {
    await this.node.must(['systemctl', 'stop', 'agent']);
  }

  async uvsctl(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.#uvsctl(...args);
    if (code !== 0) throw new Error(`uvsctl ${args.join(' ')} exited ${code}\n${stdout}${stderr}`);
    return stdout;
  }

  async set(...limits: readonly string[]): Promise<void> {
    await this.uvsctl('limits', 'set', 'ceph-osd@*', ...limits, '--role', 'osd', '--reason', 'a test');
  }

  async shows(what: string, expected: RegExp): Promise<void> {
    let printed = '';
    await eventually(what, async () => expected.test((printed = await this.uvsctl('limits', 'show'))), WAIT_MS).catch((cause: unknown) => {
      throw new Error(`${what}, not:\n${printed}`, { cause });
    });
  }

  /** What the kernel has in a file of the service's control group. */
  async kernel(file: string): Promise<string> {
    return await this.node.sh(`cat "/sys/fs/cgroup$(systemctl show -P ControlGroup ${osd})/${file}"`);
  }

  async #start(unit: string, program: 'uvs-agent' | 'uvs-coordinator'): Promise<void> {
    await this.node.must(['systemd-run', '--quiet', `--unit=${unit}`, `--setenv=UVS_NODE=${runtime}`, '--', programPath(program), 'run']);
  }

  async #uvsctl(...args: readonly string[]) {
    const credential = ['--credential', '/etc/uvs/admin.credential.json'];
    return await this.node.exec([programPath('uvsctl'), ...credential, ...args], { env: agentEnv });
  }
}

void t.test('limits of services where control groups are of version 2', async (t) => {
  const beganMs = performance.now();
  const dir = mkdtempSync(join(tmpdir(), 'uvs-limits-v2-'));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  await mustRun('upd', ['keygen', join(dir, 'vendor')]);
  await mustRun('upd', ['root', 'init', '--product', 'uvs', '--key', join(dir, 'vendor.pub'), '--out', join(dir, 'root.json')]);
  await using node = await VirtualNode.start([...agentBinds, ETCD], { mebibytes: 1536 });
  const bed = new LonelyNode(node);
  await using _report = {
    [Symbol.asyncDispose]: async () => {
      if (!t.passing()) t.comment((await node.exec(['journalctl', '-u', 'agent', '-u', 'coordinator', '-n', '80', '-o', 'cat'])).stdout);
      t.comment(`limits on control groups of version 2: ${((performance.now() - beganMs) / 1000).toFixed(0)} s`);
    },
  };
  t.equal(await node.must(['stat', '-f', '-c', '%T', '/sys/fs/cgroup']), 'cgroup2fs');
  await node.write('/etc/systemd/system/ceph-osd@.service', service);
  await node.sh(`systemctl daemon-reload && systemctl start ${osd}`);
  await bed.found(join(dir, 'root.json'));
  const pid = await node.must(['systemctl', 'show', '-P', 'MainPID', osd]);

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
    await bed.stopAgent();
    await bed.startAgent();
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
    await eventually('it has its memory', async () => Number((await node.exec(['sh', '-c', inUse])).stdout) > 150e6, WAIT_MS);
    await bed.set('MemoryMax=101M');
    await bed.shows('refused as well', /ceph-osd@4\.service +refused +MemoryMax=101MiB is below what it uses now, \d+(\.\d)?MiB/);
    t.equal(await node.sh('systemctl show -P ActiveState ceph-osd@4'), 'activating');
    await node.sh('systemctl kill --signal=KILL ceph-osd@4');
  });

  await t.test('leave no trace when they are taken back', async (t) => {
    await bed.uvsctl('limits', 'unset', 'ceph-osd@*', '--role', 'osd', '--reason', 'a test');
    await eventually('no limit holds', async () => (await bed.kernel('memory.max')) === 'max', WAIT_MS);
    t.equal(await bed.kernel('memory.high'), 'max');
    t.equal((await node.exec(['test', '-e', `/etc/systemd/system/${osd}.d`])).code, 1);
  });
});
