import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { sysctlProfiles } from '../../common/settings/sysctl.ts';
import { eventually } from '../support/eventually.ts';
import { programPath } from '../support/programs.ts';
import { SandboxCluster } from '../support/sandbox-cluster.ts';
import { agentBinds, agentEnv } from './updated-node.ts';
import { VirtualNode } from './virtual-node.ts';

t.setTimeout(3_600_000);

const SSD_BYTES = 512 * 1024 * 1024;
const SERIAL = 'PULLED';
/** From a change until the coordinator knows it: agents look every so many seconds, and a virtual machine under emulation is slow. */
const TOLD_MS = 300_000;

void t.test('a node with a kernel of its own in a cluster', async (t) => {
  await using stack = new AsyncDisposableStack();
  const dir = mkdtempSync(join(tmpdir(), 'uvs-own-kernel-'));
  stack.defer(() => rmSync(dir, { recursive: true, force: true }));
  const cluster = new SandboxCluster({ dir, nodes: [{ hostname: 'node1', roles: ['osd'] }] });
  stack.defer(() => cluster.stop());
  await cluster.startCoordinator();
  const listeners = readFileSync(join(dir, 'c1', 'coordinator.toml'), 'utf8').matchAll(/^listen = "127\.0\.0\.1:(\d+)"$/gmu);
  const [grpc = 0, https = 0, metrics = 0] = [...listeners].map(([, port]) => Number(port));

  const ssd = { file: join(dir, 'ssd'), serial: SERIAL };
  writeFileSync(ssd.file, '');
  truncateSync(ssd.file, SSD_BYTES);
  const node = stack.use(await VirtualNode.start(agentBinds, { ssds: [ssd], packages: ['udev', 'fdisk'], ports: [grpc, https] }));
  stack.defer(async () => {
    if (t.passing()) return;
    t.comment(cluster.logTails(30));
    t.comment((await node.exec(['journalctl', '--no-pager', '-u', 'agent', '-n', '60', '-o', 'cat'])).stdout);
  });
  const agent = async (...args: readonly string[]): Promise<string> =>
    await node.must([programPath('uvs-agent'), ...args], { env: agentEnv });
  await node.write('/root/join.token', await cluster.uvsctlOk('join-tokens', 'create', '--uses', '1'), '600');
  await agent('join', '--token-file', '/root/join.token', '--hostname', 'node1', '--roles', 'osd');
  await node.write('/etc/uvs/agent.toml', '[m2]\nminSizeGib = 0.1\n');
  await agent('m2', 'prepare');
  const unit = ['--unit=agent', `--setenv=UVS_NODE=${agentEnv.UVS_NODE}`];
  await node.must(['systemd-run', '--quiet', ...unit, '--', programPath('uvs-agent'), 'run']);
  await cluster.waitReady(TOLD_MS);

  await t.test('the profile for storage nodes is in force, each parameter, and gone without trace when it is unset', async (t) => {
    const profile = [...sysctlProfiles.storage];
    const kernel = async (): Promise<readonly string[]> => {
      const files = profile.map(([name]) => `/proc/sys/${name.replaceAll('.', '/')}`);
      return (await node.must(['cat', ...files])).split('\n').map((line) => line.replaceAll('\t', ' '));
    };
    const wanted = profile.map(([, value]) => value);
    const before = await kernel();
    t.notSame(before, wanted);
    await cluster.uvsctlOk('settings', 'set', 'sysctl.profile=storage', '--role', 'osd', '--reason', 'a test');
    const isShown = async () => /node1 +sysctl\.profile=storage +in force/u.test(await cluster.uvsctlOk('settings', 'show'));
    await eventually('the cluster shows it in force', isShown, TOLD_MS);
    t.strictSame(await kernel(), wanted);
    await cluster.uvsctlOk('settings', 'unset', 'sysctl.profile', '--role', 'osd', '--reason', 'a test');
    await eventually('the kernel has what it had', async () => (await kernel()).join() === before.join(), TOLD_MS);
    t.equal((await node.exec(['test', '-e', '/etc/sysctl.d/90-uvs-settings.conf'])).code, 1);
  });

  await t.test('an SSD that is pulled out is told to the leader, whose metric and list of nodes have it', async (t) => {
    const counted = async (state: string): Promise<number> => {
      const answer = await fetch(`http://127.0.0.1:${metrics}/metrics`);
      return Number(new RegExp(`^uvs_m2_disks\\{state="${state}"\\} (\\d+)$`, 'mu').exec(await answer.text())?.[1]);
    };
    await eventually('the leader counts it as mounted', async () => (await counted('mounted')) === 1, TOLD_MS);
    t.equal(await counted('lost'), 0);
    await node.pull(SERIAL);
    await eventually('the leader counts it as lost', async () => (await counted('lost')) === 1, TOLD_MS);
    t.equal(await counted('mounted'), 0);
    t.match(await cluster.uvsctlOk('nodes', 'show', 'node1'), /\/m2.*lost/u);
  });
});
