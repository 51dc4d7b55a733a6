import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import * as v from 'valibot';
import { sysctlProfiles } from '../../common/settings/sysctl.ts';
import { eventually } from '../support/eventually.ts';
import { programPath } from '../support/programs.ts';
import { parseJson } from '../support/uvsctl-json.ts';
import type { NodeShell } from './node-shell.ts';
import { agentEnv } from './updated-node.ts';
import { TOLD_MS, VirtualMember } from './virtual-member.ts';

t.setTimeout(3_600_000);

const SSD_BYTES = 512 * 1024 * 1024;
const SERIAL = 'PULLED';
const WRITTEN_BYTES = 8 * 1024 * 1024;
const HTTP_PORT = 9464;

const smartctl = v.object({
  smart_status: v.object({ passed: v.boolean() }),
  nvme_smart_health_information_log: v.object({ percentage_used: v.number(), media_errors: v.number() }),
});

/** Metrics of the agent on a node, as somebody there is told them. */
class OwnMetrics {
  readonly #text: string;

  private constructor(text: string) {
    this.#text = text;
  }

  static async of(node: NodeShell): Promise<OwnMetrics> {
    const ask = `exec 3<>/dev/tcp/127.0.0.1/${HTTP_PORT}; printf 'GET /metrics HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3`;
    return new OwnMetrics(await node.must(['bash', '-c', ask]));
  }

  /** @param name with its labels; undefined: it is not told */
  value(name: string): number | undefined {
    const line = this.#text.split('\n').find((each) => each.startsWith(`${name} `));
    return line === undefined ? undefined : Number(line.slice(name.length));
  }

  get health() {
    const [healthy, wear, errors] = ['healthy', 'wear_ratio', 'media_errors'].map((name) => this.value(`uvs_agent_m2_${name}{disk="m2"}`));
    return { healthy, wear, errors };
  }
}

void t.test('a node with a kernel of its own in a cluster', async (t) => {
  await using stack = new AsyncDisposableStack();
  const dir = mkdtempSync(join(tmpdir(), 'uvs-own-kernel-'));
  stack.defer(() => rmSync(dir, { recursive: true, force: true }));
  const ssd = { file: join(dir, 'ssd'), serial: SERIAL };
  writeFileSync(ssd.file, '');
  truncateSync(ssd.file, SSD_BYTES);
  const member = await VirtualMember.start({ ssds: [ssd], packages: ['udev', 'fdisk', 'smartmontools'] }, async (node) => {
    await node.write('/etc/uvs/agent.toml', `[m2]\nminSizeGib = 0.1\n[metrics]\nlisten = "127.0.0.1:${HTTP_PORT}"\n`);
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

  await t.test("what was written to the root's disk is a metric of the agent, as the kernel counts it", async (t) => {
    const counted = async (): Promise<number> => Number(await node.sh('set -- $(cat /sys/block/vda/stat); echo $7')) * 512;
    const told = async (): Promise<number> => (await OwnMetrics.of(node)).value('uvs_agent_root_disk_written_bytes') ?? Number.NaN;
    const least = await counted();
    const before = await told();
    const most = await counted();
    t.ok(least > 0 && least <= before && before <= most, `${least} <= ${before} <= ${most}`);
    await node.sh(`head -c ${WRITTEN_BYTES} /dev/urandom >/root/written && sync /root/written`);
    const after = await told();
    t.ok(after >= before + WRITTEN_BYTES, `${after} after ${before}`);
    t.ok(after <= (await counted()));
  });

  await t.test('the health of the SSD is a metric of the agent, as smartctl reads it in the log of the disk', async (t) => {
    const read = async () => {
      const said = (await node.exec(['smartctl', '--json', '--all', '/dev/nvme0n1'])).stdout;
      const { smart_status: status, nvme_smart_health_information_log: log } = parseJson(smartctl, said);
      return { healthy: Number(status.passed), wear: log.percentage_used / 100, errors: log.media_errors };
    };
    const well = await read();
    t.equal(well.healthy, 1);
    t.strictSame((await OwnMetrics.of(node)).health, well);
    await node.sicken(SERIAL);
    t.equal((await read()).healthy, 0, 'the disk says that it is not well');
    // asked anew it is every ten minutes, and by an agent that starts
    await member.stopAgent();
    await member.startAgent();
    const health = await eventually('the agent tells metrics again', async () => (await OwnMetrics.of(node)).health, TOLD_MS);
    t.strictSame(health, await read());
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
    const own = await OwnMetrics.of(node);
    t.equal(own.value('uvs_agent_m2{state="lost"}'), 1, 'and so says its own agent');
    t.strictSame(own.health, { healthy: undefined, wear: undefined, errors: undefined }, 'which knows no more of its health');
  });
});
