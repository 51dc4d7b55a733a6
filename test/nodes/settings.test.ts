import t from 'tap';
import { readCredential } from '../../common/credential.ts';
import { Connection } from '../../common/rpc/connection.ts';
import { sysctlNames } from '../../common/settings/sysctl.ts';
import { eventually } from '../support/eventually.ts';
import { errorOf } from '../support/failure.ts';
import { definition } from '../support/grpc-server.ts';
import { TimeServer } from '../support/time-server.ts';
import { whyNoBootedNodes } from './booted-nodes.ts';
import { JoinedNode } from './joined-node.ts';
import { makeSettable, whyNotSettable } from './settable-node.ts';

t.setTimeout(300_000);
const whyNot = whyNoBootedNodes() ?? whyNotSettable();
if (whyNot !== undefined && process.env['CI'] === 'true') throw new Error(whyNot);

const dropIn = '/etc/systemd/timesyncd.conf.d/90-uvs-settings.conf';
const sysctlFile = '/etc/sysctl.d/90-uvs-settings.conf';
const idle = '/proc/sys/net/ipv4/tcp_slow_start_after_idle';
const agentOffset = 'uvs_agent_clock_offset_seconds';
const largestOffset = 'uvs_clock_offset_max_seconds';
const inForce = /ntp-servers=\S+ +in force +the clock is off by (less than )?\d+ ms/;
/** All that settings may change: the zone, the files, and each parameter that the kernel has, by its name. */
const standingScript = `readlink /etc/localtime; cd /etc && grep -r '' sysctl.d systemd/timesyncd.conf.d timezone 2>/dev/null
cd /proc/sys && grep -s '' ${sysctlNames.map((name) => name.replaceAll('.', '/')).join(' ')}; true`;

void t.test('settings of a machine with systemd', { skip: whyNot ?? false }, async (t) => {
  const beganMs = performance.now();
  await using bed = await JoinedNode.start(makeSettable, { roles: ['osd', 'mon'] });
  const {
    node,
    others: [other = node],
    cluster,
    gateway,
  } = bed;
  const both = [node, other];
  await using server = await TimeServer.start(gateway);
  await using _report = {
    [Symbol.asyncDispose]: async () => {
      if (!t.passing()) t.comment(await bed.agentLog());
    },
  };
  const nobody = `${gateway.replace(/\.1$/, '')}.250`;
  const set = (...rest: readonly string[]) => cluster.uvsctl('settings', 'set', ...rest, '--reason', 'a test');
  const shows = async (what: string, expected: RegExp, on = node): Promise<void> => await bed.showsSettings(what, expected, on);
  const localtime = async (on = node): Promise<string> => (await on.sh('readlink /etc/localtime')).trim();
  const standing = async (): Promise<string> => await node.sh(standingScript);
  const kernel = async (): Promise<string> => (await node.sh(`cat ${idle}`)).trim();

  await t.test('the time zone of the whole cluster is one command, and is previewed', async (t) => {
    t.match(await cluster.uvsctl('settings', 'preview', 'time-zone=Europe/Berlin', '--all'), {
      code: 0,
      stdout: /^node1 node2 +time-zone +- +Europe\/Berlin$/m,
      stderr: /Nothing was changed/,
    });
    for (const each of both) t.equal(await localtime(each), '/usr/share/zoneinfo/Etc/UTC');
    t.match(await set('time-zone=Europe/Berlin', '--all'), { code: 0, stdout: /In the scope cluster, 2 nodes: time-zone=Europe\/Berlin/ });
    for (const each of both) {
      await shows('in force', new RegExp(`${each.name} +time-zone=Europe/Berlin +in force`), each);
      t.equal(await localtime(each), '../usr/share/zoneinfo/Europe/Berlin');
      t.match(await each.sh('date +%Z'), /^CES?T$/);
    }
  });

  await t.test('a node without an NTP client that runs says so, and nothing is written', async (t) => {
    t.match(await set(`ntp-servers=${nobody},${gateway}`, '--all'), { code: 0 });
    await shows('refused', /ntp-servers=\S+ +refused +systemd-timesyncd is installed and does not run/);
    t.equal((await node.exec(['test', '-e', dropIn])).code, 1);
    for (const each of both) {
      await each.must(['systemctl', 'start', 'systemd-timesyncd']);
      t.same(await bed.agentMetric(agentOffset, each), Number.NaN);
    }
    t.same(await bed.coordinatorMetric(largestOffset), Number.NaN);
    await cluster.uvsctlOk('settings', 'unset', 'ntp-servers', '--all', '--reason', 'a test');
    t.match(await set(`ntp-servers=${nobody},${gateway}`, '--all'), { code: 0 });
    t.match(await set(`ntp-servers=${nobody}`, '--node', 'node2'), { code: 0 });
    await shows('waiting', new RegExp(`ntp-servers=\\S+ +waiting +${nobody.replaceAll('.', '\\.')} (and \\S+ have|has) not answered yet`));
    t.match(await node.sh(`cat ${dropIn}`), `NTP=${nobody} ${gateway}`);
  });

  await t.test('parameters of the kernel are set, all or none, and what does not exist is named', async (t) => {
    const before = await kernel();
    t.match(await set('sysctl.net.ipv4.tcp_slow_start_after_idle=0', '--role', 'osd'), { code: 0 });
    await shows('in force', /sysctl\.net\.ipv4\.tcp_slow_start_after_idle=0 +in force/);
    t.equal(await kernel(), '0');
    t.match(await node.sh(`cat ${sysctlFile}`), 'net.ipv4.tcp_slow_start_after_idle = 0');
    const held = await standing();
    t.match(await set('sysctl.profile=storage', '--role', 'osd'), { code: 0 });
    // this node has its network's parameters, and not those of the machine's
    await shows('refused', /sysctl\.profile=storage +refused +(net\.core\.\S+ (and )?)+is not in this kernel/);
    await shows('what was set before', /tcp_slow_start_after_idle=0 +in force/);
    t.equal(await standing(), held, 'neither the file nor any of the kernel’s values is another');
    await cluster.uvsctlOk('settings', 'unset', 'sysctl.profile', '--role', 'osd', '--reason', 'a test');
    await shows('in force', /sysctl\.net\.ipv4\.tcp_slow_start_after_idle=0 +in force/);
    t.equal(before, '1');
  });

  await t.test('what no node may be set to is refused by uvsctl and by the coordinator, and the node is as before', async (t) => {
    const all = async () => [
      await standing(),
      await node.read('/var/lib/uvs-agent/settings.json'),
      await cluster.uvsctlOk('settings', 'list'),
    ];
    const before = await all();
    const credential = await readCredential(cluster.credential);
    using connection = new Connection(credential.coordinators[0] ?? '', { credential, definition });
    const nonsense: readonly (readonly [string, string, RegExp])[] = [
      ['sysctl.kernel.core_pattern', '|/bin/sh', /"kernel\.core_pattern" is no parameter of the kernel that UVS sets/],
      ['time-zone', 'Europe/Berlni', /there is no time zone "Europe\/Berlni"/],
    ];
    for (const [name, value, why] of nonsense) {
      t.match(await set(`${name}=${value}`, '--all'), { code: 2, stderr: why });
      const request = { scope: 'cluster', values: { [name]: value }, reason: 'a test' };
      const refused = await errorOf(connection.unary('uvs.v1.SettingService', 'SetSettings', request, { deadlineMs: 10_000 }));
      t.match(refused, { reason: 'INVALID_ARGUMENT', message: why });
    }
    t.same(await all(), before);
  });

  await t.test('a time zone that the node lacks is refused there, and the one before stays', async (t) => {
    await node.sh('rm /usr/share/zoneinfo/Asia/Tokyo');
    const held = await standing();
    t.match(await set('time-zone=Asia/Tokyo', '--node', 'node1'), { code: 0 });
    await shows('refused', /time-zone=Asia\/Tokyo +refused +there is no time zone Asia\/Tokyo/);
    t.equal(await standing(), held);
    await cluster.uvsctlOk('settings', 'unset', 'time-zone', '--node', 'node1', '--reason', 'a test');
  });

  await t.test('an NTP server that is not reached is named, and the one that answers is in force without it', async (t) => {
    await shows(
      'not reached',
      new RegExp(`not in force +not reached: ${nobody.replaceAll('.', '\\.')} has not answered .*the time comes from ${gateway}`),
    );
    t.ok(server.answered > 0);
    t.match(await set(`ntp-servers=${gateway}`, '--all'), { code: 0 });
    await shows('in force', inForce);
  });

  await t.test('where no server at all is reached that is told, nobody else is asked, and all else of the node is in force', async (t) => {
    await shows(
      'not reached',
      new RegExp(`not in force +not reached: ${nobody.replaceAll('.', '\\.')} has not answered .* within 30 s$`, 'm'),
      other,
    );
    await shows('the zone', /time-zone=Europe\/Berlin +in force/, other);
    t.equal(await other.must(['systemctl', 'is-active', 'systemd-timesyncd']), 'active');
    t.match(await other.sh(`cat ${dropIn}`), new RegExp(`^NTP=${nobody}$`, 'm'));
    t.equal(await other.must(['timedatectl', 'show-timesync', '--value', '-p', 'ServerName']), nobody);
    t.equal(await other.must(['timedatectl', 'show-timesync', '--value', '-p', 'SystemNTPServers']), nobody);
    t.same(await bed.agentMetric(agentOffset, other), Number.NaN);
    await cluster.uvsctlOk('settings', 'unset', 'ntp-servers', '--node', 'node2', '--reason', 'a test');
    await shows('in force', inForce, other);
  });

  await t.test('how far clocks are off, as the NTP clients say it, is a metric of each agent and of the leader', async (t) => {
    for (const each of both) t.ok(Math.abs((await bed.agentMetric(agentOffset, each)) ?? Number.NaN) < 1);
    t.ok(((await bed.coordinatorMetric(largestOffset)) ?? Number.NaN) < 1);
  });

  await t.test('what somebody changed is put back, and told', async (t) => {
    await node.sh(`ln -sfn /usr/share/zoneinfo/Etc/UTC /etc/localtime; echo 1 > ${idle}; rm ${dropIn}`);
    await bed.stopAgent();
    await bed.startAgent();
    await shows('put back', /time-zone=Europe\/Berlin +in force +\/etc\/localtime had been changed, and was put back/);
    await shows(
      'put back',
      /tcp_slow_start_after_idle=0 +in force +net\.ipv4\.tcp_slow_start_after_idle had been changed, and was put back/,
    );
    t.equal(await localtime(), '../usr/share/zoneinfo/Europe/Berlin');
    t.equal(await kernel(), '0');
    t.match(await node.sh(`cat ${dropIn}`), gateway);
  });

  await t.test('taking all of it back leaves no trace', async (t) => {
    await cluster.uvsctlOk('settings', 'unset', '--all', '--reason', 'a test');
    await cluster.uvsctlOk('settings', 'unset', '--role', 'osd', '--reason', 'a test');
    await eventually('the files are gone', async () => (await node.exec(['ls', dropIn, sysctlFile])).stdout === '', 30_000);
    for (const each of both) {
      await eventually('the zone is the one before', async () => (await localtime(each)) === '/usr/share/zoneinfo/Etc/UTC', 10_000);
      await eventually('its clock is nobody’s', async () => Number.isNaN(await bed.agentMetric(agentOffset, each)), 10_000);
      t.equal((await each.exec(['test', '-e', dropIn])).code, 1);
    }
    await eventually('the kernel has what it had', async () => (await kernel()) === '1', 10_000);
    t.match(await cluster.uvsctl('settings', 'show'), { code: 0, stderr: /No node has settings to keep/ });
  });
  t.comment(`settings on a booted node: ${((performance.now() - beganMs) / 1000).toFixed(1)} s`);
});
