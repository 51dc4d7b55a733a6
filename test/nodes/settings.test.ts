import t from 'tap';
import { eventually } from '../support/eventually.ts';
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

void t.test('settings of a machine with systemd', { skip: whyNot ?? false }, async (t) => {
  const beganMs = performance.now();
  await using bed = await JoinedNode.start(makeSettable);
  const { node, cluster, gateway } = bed;
  await using server = await TimeServer.start(gateway);
  await using _report = {
    [Symbol.asyncDispose]: async () => {
      if (!t.passing()) t.comment(await bed.agentLog());
    },
  };
  const nobody = `${gateway.replace(/\.1$/, '')}.250`;
  const set = (...rest: readonly string[]) => cluster.uvsctl('settings', 'set', ...rest, '--reason', 'a test');
  const shows = async (what: string, expected: RegExp): Promise<void> => await bed.showsSettings(what, expected);
  const localtime = async (): Promise<string> => (await node.sh('readlink /etc/localtime')).trim();
  const kernel = async (): Promise<string> => (await node.sh(`cat ${idle}`)).trim();

  await t.test('the time zone of the whole cluster is one command, and is previewed', async (t) => {
    t.match(await cluster.uvsctl('settings', 'preview', 'time-zone=Europe/Berlin', '--all'), {
      code: 0,
      stdout: /^node1 +time-zone +- +Europe\/Berlin$/m,
      stderr: /Nothing was changed/,
    });
    t.equal(await localtime(), '/usr/share/zoneinfo/Etc/UTC');
    t.match(await set('time-zone=Europe/Berlin', '--all'), { code: 0, stdout: /In the scope cluster, 1 node: time-zone=Europe\/Berlin/ });
    await shows('in force', /node1 +time-zone=Europe\/Berlin +in force/);
    t.equal(await localtime(), '../usr/share/zoneinfo/Europe/Berlin');
    t.match(await node.sh('date +%Z'), /^CES?T$/);
  });

  await t.test('a node without an NTP client that runs says so, and nothing is written', async (t) => {
    t.match(await set(`ntp-servers=${nobody},${gateway}`, '--all'), { code: 0 });
    await shows('refused', /ntp-servers=\S+ +refused +systemd-timesyncd is installed and does not run/);
    t.equal((await node.exec(['test', '-e', dropIn])).code, 1);
    await node.must(['systemctl', 'start', 'systemd-timesyncd']);
    await cluster.uvsctlOk('settings', 'unset', 'ntp-servers', '--all', '--reason', 'a test');
    t.match(await set(`ntp-servers=${nobody},${gateway}`, '--all'), { code: 0 });
    await shows('waiting', new RegExp(`ntp-servers=\\S+ +waiting +${nobody.replaceAll('.', '\\.')} (and \\S+ have|has) not answered yet`));
    t.match(await node.sh(`cat ${dropIn}`), `NTP=${nobody} ${gateway}`);
  });

  await t.test('parameters of the kernel are set, all or none, and what does not exist is named', async (t) => {
    const before = await kernel();
    t.match(await set('sysctl.net.ipv4.tcp_slow_start_after_idle=0', '--role', 'osd'), { code: 0 });
    await shows('in force', /sysctl\.net\.ipv4\.tcp_slow_start_after_idle=0 +in force/);
    t.equal(await kernel(), '0');
    t.match(await node.sh(`cat ${sysctlFile}`), 'net.ipv4.tcp_slow_start_after_idle = 0');
    t.match(await set('sysctl.profile=storage', '--role', 'osd'), { code: 0 });
    await shows('refused', /sysctl\.profile=storage +refused +\S*net\.core\.\S+ .*(is not in this kernel|is not taken)/);
    await shows('what was set before', /tcp_slow_start_after_idle=0 +in force/);
    t.equal(await kernel(), '0');
    t.notMatch(await node.sh(`cat ${sysctlFile}`), 'tcp_mtu_probing');
    await cluster.uvsctlOk('settings', 'unset', 'sysctl.profile', '--role', 'osd', '--reason', 'a test');
    await shows('in force', /sysctl\.net\.ipv4\.tcp_slow_start_after_idle=0 +in force/);
    t.match(await set('sysctl.kernel.core_pattern=x', '--all'), {
      code: 2,
      stderr: /"kernel\.core_pattern" is no parameter of the kernel that UVS sets/,
    });
    t.match(await set('time-zone=Europe/Berlni', '--all'), { code: 2, stderr: /there is no time zone "Europe\/Berlni"/ });
    t.equal(before, '1');
  });

  await t.test('a time zone that the node lacks is refused there, and the one before stays', async (t) => {
    await node.sh('rm /usr/share/zoneinfo/Asia/Tokyo');
    t.match(await set('time-zone=Asia/Tokyo', '--node', 'node1'), { code: 0 });
    await shows('refused', /time-zone=Asia\/Tokyo +refused +there is no time zone Asia\/Tokyo/);
    t.equal(await localtime(), '../usr/share/zoneinfo/Europe/Berlin');
    await cluster.uvsctlOk('settings', 'unset', 'time-zone', '--node', 'node1', '--reason', 'a test');
  });

  await t.test('an NTP server that is not reached is named, and the one that answers is in force without it', async (t) => {
    await shows(
      'not reached',
      new RegExp(`not in force +not reached: ${nobody.replaceAll('.', '\\.')} has not answered .*the time comes from ${gateway}`),
    );
    t.ok(server.answered > 0);
    t.match(await set(`ntp-servers=${gateway}`, '--all'), { code: 0 });
    await shows(
      'in force',
      /ntp-servers=\S+ +in force +the clock is off by less than \d+ ms|ntp-servers=\S+ +in force +the clock is off by \d+ ms/,
    );
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
    await eventually('the zone is the one before', async () => (await localtime()) === '/usr/share/zoneinfo/Etc/UTC', 10_000);
    await eventually('the kernel has what it had', async () => (await kernel()) === '1', 10_000);
    t.match(await cluster.uvsctl('settings', 'show'), { code: 0, stderr: /No node has settings to keep/ });
  });
  t.comment(`settings on a booted node: ${((performance.now() - beganMs) / 1000).toFixed(1)} s`);
});
