import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { eventually } from '../support/eventually.ts';
import { TimeServer } from '../support/time-server.ts';
import type { BootedNode } from './booted-node.ts';
import { whyNoBootedNodes } from './booted-nodes.ts';
import { JoinedNode } from './joined-node.ts';

t.setTimeout(300_000);
const whyNot = whyNoBootedNodes();
if (whyNot !== undefined && process.env['CI'] === 'true') throw new Error(whyNot);

const agentOffset = 'uvs_agent_clock_offset_seconds';
const sources = '/etc/chrony/sources.d/90-uvs-settings.sources';

/** With `-x` it never touches the clock, which is that of the machine below as well; Debian's own unit does not start in a container. */
const unit = `[Service]
Type=exec
RuntimeDirectory=chrony
RuntimeDirectoryMode=0700
StateDirectory=chrony
ExecStart=/usr/sbin/chronyd -x -d -u root
`;
const configuration = 'sourcedir /etc/chrony/sources.d\ndriftfile /var/lib/chrony/chrony.drift\n';

/** Debian's own program; as a package it could not be beside timesyncd on the machine from which nodes are made. */
async function haveChrony(node: BootedNode): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'uvs-chrony-'));
  try {
    execFileSync('apt-get', ['-qq', 'download', 'chrony'], { cwd: directory, stdio: ['ignore', 'ignore', 'pipe'] });
    const [deb] = readdirSync(directory);
    if (deb === undefined) throw new Error('apt-get has brought no package');
    execFileSync('dpkg-deb', ['-x', join(directory, deb), join(directory, 'tree')]);
    await node.copyIn(join(directory, 'tree/usr'), '/');
  } finally {
    rmSync(directory, { recursive: true });
  }
  await node.write('/etc/systemd/system/chrony.service', unit);
  await node.write('/etc/chrony/chrony.conf', configuration);
  await node.sh('mkdir /etc/chrony/sources.d && systemctl daemon-reload');
}

void t.test('NTP servers of a machine that runs chrony', { skip: whyNot ?? false }, async (t) => {
  const beganMs = performance.now();
  await using bed = await JoinedNode.start(haveChrony);
  const { node, cluster, gateway } = bed;
  await using server = await TimeServer.start(gateway);
  await using _report = {
    [Symbol.asyncDispose]: async () => {
      if (!t.passing()) t.comment(await bed.agentLog());
    },
  };
  const nobody = `${gateway.replace(/\.1$/, '')}.250`;
  const set = async (servers: string) => await cluster.uvsctlOk('settings', 'set', `ntp-servers=${servers}`, '--all', '--reason', 'a test');
  const shows = async (what: string, expected: RegExp): Promise<void> => await bed.showsSettings(what, expected);
  const configured = async (): Promise<readonly string[]> =>
    (await node.sh('chronyc -c -N sources')).split('\n').flatMap((line) => line.split(',')[2] ?? []);

  await t.test('while it does not run it is named, and nothing is written', async (t) => {
    await set(gateway);
    await shows('refused', /ntp-servers=\S+ +refused +chrony is installed and does not run: systemctl enable --now chrony/);
    t.equal((await node.exec(['test', '-e', sources])).code, 1);
    await node.must(['systemctl', 'start', 'chrony']);
    await cluster.uvsctlOk('settings', 'unset', 'ntp-servers', '--all', '--reason', 'a test');
  });

  await t.test('it asks them without a restart, and a server that is not reached is named', async (t) => {
    const pid = await node.must(['systemctl', 'show', '-P', 'MainPID', 'chrony']);
    await set(`${nobody},${gateway}`);
    const why = `not in force +not reached: ${nobody.replaceAll('.', '\\.')} has not answered chrony .*the time comes from ${gateway}`;
    await shows('not reached', new RegExp(why));
    t.ok(server.answered > 0);
    t.same((await configured()).toSorted(), [gateway, nobody].toSorted());
    t.ok(Math.abs((await bed.agentMetric(agentOffset)) ?? Number.NaN) < 1);
    t.ok(((await bed.coordinatorMetric('uvs_clock_offset_max_seconds')) ?? Number.NaN) < 1);
    await set(gateway);
    await shows('in force', /ntp-servers=\S+ +in force +the clock is off by (less than )?\d+ ms/);
    t.same(await configured(), [gateway]);
    t.equal(await node.must(['systemctl', 'show', '-P', 'MainPID', 'chrony']), pid);
  });

  await t.test('where the only one that is told is not reached, the machine’s own source goes on to give the time', async (t) => {
    await node.sh(`echo 'server ${gateway} iburst' >/etc/chrony/sources.d/own.sources && chronyc reload sources`);
    await set(nobody);
    await shows(
      'not reached',
      new RegExp(`not in force +not reached: ${nobody.replaceAll('.', '\\.')} has not .*the time comes from ${gateway}$`, 'm'),
    );
    t.same((await configured()).toSorted(), [gateway, nobody].toSorted());
    await node.sh('rm /etc/chrony/sources.d/own.sources && chronyc reload sources');
    await set(gateway);
    await shows('in force', /ntp-servers=\S+ +in force +the clock is off/);
  });

  await t.test('what somebody changed is put back, and told', async (t) => {
    await node.sh(`rm ${sources}; chronyc reload sources`);
    await eventually('it asks nobody', async () => (await configured()).join() === '');
    await bed.stopAgent();
    await bed.startAgent();
    await shows('put back', /ntp-servers=\S+ +(waiting|in force) +.*had been changed, and was put back/);
    await shows('in force', /ntp-servers=\S+ +in force +the clock is off/);
    t.same(await configured(), [gateway]);
  });

  await t.test('taking it back leaves no trace', async (t) => {
    await cluster.uvsctlOk('settings', 'unset', '--all', '--reason', 'a test');
    await eventually('the file is gone', async () => (await node.exec(['test', '-e', sources])).code === 1, 30_000);
    await eventually('it asks nobody', async () => (await configured()).join() === '');
    await eventually('nobody says how far the clock is off', async () => Number.isNaN(await bed.agentMetric(agentOffset)));
    t.equal(await node.must(['systemctl', 'is-active', 'chrony']), 'active');
  });
  t.comment(`NTP servers by chrony: ${((performance.now() - beganMs) / 1000).toFixed(1)} s`);
});
