import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { sysctlProfiles } from '../../common/settings/sysctl.ts';
import { eventually } from '../support/eventually.ts';
import { programPath } from '../support/programs.ts';
import { agentEnv } from './updated-node.ts';
import { TOLD_MS, VirtualMember } from './virtual-member.ts';

t.setTimeout(3_600_000);

const SSD_BYTES = 512 * 1024 * 1024;
const SERIAL = 'PULLED';

void t.test('a node with a kernel of its own in a cluster', async (t) => {
  await using stack = new AsyncDisposableStack();
  const dir = mkdtempSync(join(tmpdir(), 'uvs-own-kernel-'));
  stack.defer(() => rmSync(dir, { recursive: true, force: true }));
  const ssd = { file: join(dir, 'ssd'), serial: SERIAL };
  writeFileSync(ssd.file, '');
  truncateSync(ssd.file, SSD_BYTES);
  const member = await VirtualMember.start({ ssds: [ssd], packages: ['udev', 'fdisk'] }, async (node) => {
    await node.write('/etc/uvs/agent.toml', '[m2]\nminSizeGib = 0.1\n');
    await node.must([programPath('uvs-agent'), 'm2', 'prepare'], { env: agentEnv });
  });
  stack.use(member);
  stack.defer(async () => {
    if (!t.passing()) t.comment(await member.logTails());
  });
  const { node, cluster } = member;

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
      const answer = await fetch(`http://127.0.0.1:${member.metricsPort}/metrics`);
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
