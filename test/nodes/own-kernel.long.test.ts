import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { sysctlProfiles } from '../../common/settings/sysctl.ts';
import { eventually } from '../support/eventually.ts';
import { mustRun } from '../support/programs.ts';
import { layService, runnerOn, startOwnCoordinator } from './own-coordinator.ts';
import { agentBinds, agentEnv } from './updated-node.ts';
import { VirtualNode } from './virtual-node.ts';

t.setTimeout(3_600_000);

const SSD_BYTES = 512 * 1024 * 1024;
const SERIAL = 'PULLED';
/** From a change until the coordinator knows it: agents look every so many seconds, and a virtual machine under emulation is slow. */
const TOLD_MS = 300_000;
const METRICS = "fetch('http://127.0.0.1:9743/metrics').then((answer) => answer.text()).then(console.log)";

void t.test('a cluster of one node with a kernel of its own', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'uvs-own-kernel-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const ssd = { file: join(directory, 'ssd'), serial: SERIAL };
  writeFileSync(ssd.file, '');
  truncateSync(ssd.file, SSD_BYTES);
  await mustRun('upd', ['keygen', join(directory, 'vendor')]);
  const root = join(directory, 'root.json');
  await mustRun('upd', ['root', 'init', '--product', 'uvs', '--key', join(directory, 'vendor.pub'), '--out', root]);
  const binds = [...agentBinds, '/usr/bin/etcd'];
  await using node = await VirtualNode.start(binds, { ssds: [ssd], packages: ['udev', 'fdisk'] });
  let isDone = false;
  await using _report = {
    [Symbol.asyncDispose]: async () => {
      if (!isDone) t.comment((await node.exec(['journalctl', '--no-pager', '-u', 'uvs-*', '-n', '60', '-o', 'cat'])).stdout);
    },
  };
  const run = runnerOn(node);
  const ask = await startOwnCoordinator(node, root);
  /** On a processor that is emulated a leader may lose its lease, or not answer in time. */
  const uvsctl = async (...args: readonly string[]): Promise<string> => {
    let printed = '';
    const isAnswered = async (): Promise<boolean> => {
      printed = await ask(...args);
      return true;
    };
    let last: unknown;
    await eventually(
      `uvsctl ${args.join(' ')} is answered`,
      () => isAnswered().catch((error: unknown) => ((last = error), false)),
      TOLD_MS,
    ).catch((cause: unknown) => {
      throw new Error(String(last), { cause });
    });
    return printed;
  };
  await node.write('/root/join.token', await uvsctl('join-tokens', 'create', '--uses', '1'), '600');
  await run('uvs-agent', 'join', '--token-file', '/root/join.token', '--hostname', 'node1', '--roles', 'osd');
  await node.write('/etc/uvs/agent.toml', '[m2]\nminSizeGib = 0.1\n');
  await run('uvs-agent', 'm2', 'prepare');
  await layService(node, 'uvs-agent');
  await node.must(['systemctl', 'start', 'uvs-agent'], { deadlineMs: TOLD_MS });

  await t.test(
    'the profile for storage nodes is in force in its kernel, each parameter, and gone without trace when it is unset',
    async (t) => {
      const profile = [...sysctlProfiles.storage];
      const kernel = async (): Promise<readonly string[]> => {
        const files = profile.map(([name]) => `/proc/sys/${name.replaceAll('.', '/')}`);
        return (await node.must(['cat', ...files])).split('\n').map((line) => line.replaceAll('\t', ' '));
      };
      const wanted = profile.map(([, value]) => value);
      const before = await kernel();
      t.notSame(before, wanted);
      await uvsctl('settings', 'set', 'sysctl.profile=storage', '--role', 'osd', '--reason', 'a test');
      const isShown = async () => /node1 +sysctl\.profile=storage +in force/u.test(await uvsctl('settings', 'show'));
      await eventually('the cluster shows it in force', isShown, TOLD_MS);
      t.strictSame(await kernel(), wanted);
      await uvsctl('settings', 'unset', 'sysctl.profile', '--role', 'osd', '--reason', 'a test');
      await eventually('the kernel has what it had', async () => (await kernel()).join() === before.join(), TOLD_MS);
      t.equal((await node.exec(['test', '-e', '/etc/sysctl.d/90-uvs-settings.conf'])).code, 1);
    },
  );

  await t.test('an SSD that is pulled out is told to the leader, whose metric and list of nodes have it', async (t) => {
    const counted = async (state: string) =>
      new RegExp(`^uvs_m2_disks\\{state="${state}"\\} (\\d+)$`, 'mu').exec(await node.must([agentEnv.UVS_NODE, '-e', METRICS]))?.[1];
    await eventually('the leader counts it as mounted', async () => (await counted('mounted')) === '1', TOLD_MS);
    t.equal(await counted('lost'), '0');
    await node.pull(SERIAL);
    await eventually('the leader counts it as lost', async () => (await counted('lost')) === '1', TOLD_MS);
    t.equal(await counted('mounted'), '0');
    t.match(await uvsctl('nodes', 'show', 'node1'), /\/m2.*lost/u);
  });
  isDone = t.passing();
});
