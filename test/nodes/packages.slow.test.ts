import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { eventually } from '../support/eventually.ts';
import { buildPackages } from '../support/packages.ts';
import { mustRun } from '../support/programs.ts';
import { SandboxCluster } from '../support/sandbox-cluster.ts';
import { BootedNodes, whyNoBootedNodes } from './booted-nodes.ts';
import { buildOnePackage } from './one-package.ts';
import { makeSettable, whyNotSettable } from './settable-node.ts';

t.setTimeout(500_000);
const whyNot = whyNoBootedNodes() ?? whyNotSettable();
if (whyNot !== undefined && process.env['CI'] === 'true') throw new Error(whyNot);
const INSTALL_MS = 180_000;
/** What the agent writes for limits and settings. */
const written = [
  '/etc/systemd/system/held.service.d/90-uvs-limits.conf',
  '/etc/sysctl.d/90-uvs-settings.conf',
  '/etc/systemd/timesyncd.conf.d/90-uvs-settings.conf',
];
/** Of other kinds: what chrony would have, what a crash leaves, and units for the SSD. */
const chronySources = '/etc/chrony/sources.d/90-uvs-settings.sources';
const leftBeside = '/etc/systemd/system/held.service.d/.90-uvs-limits.conf.0123456789ab';
const ofTheSsd = ['/etc/systemd/system/m2.mount', '/etc/systemd/system/held.service.d/60-uvs-m2-var-log-held.conf'];

void t.test(
  'on a machine with nothing but its base system the .debs are installed, take the place of the one before, and are removed and purged',
  { skip: whyNot ?? false },
  async (t) => {
    await using stack = new AsyncDisposableStack();
    const dir = mkdtempSync(join(tmpdir(), 'uvs-debs-e2e-'));
    stack.defer(() => rmSync(dir, { recursive: true, force: true }));
    const folder = join(dir, 'debs');
    const debs = await buildPackages(folder, { env: { FORMAT: 'deb' } });
    const before = await buildOnePackage(folder, debs);
    const of = (...names: readonly string[]): readonly string[] => names.map((name) => debs.get(name) ?? name);
    const nodes = stack.use(await BootedNodes.start(1, { binds: [folder] }));
    const [node] = nodes.nodes;
    if (node === undefined) throw new Error('one node was asked for');
    const dpkg = async (...args: readonly string[]): Promise<string> =>
      await node.must(['dpkg', '--force-unsafe-io', ...args], { deadlineMs: INSTALL_MS });
    const stateOf = async (unit: string): Promise<string> =>
      (await node.exec(['sh', '-c', `systemctl is-enabled ${unit}; systemctl is-active ${unit}`])).stdout.replace('\n', ' ').trimEnd();
    const mainPid = async (): Promise<string> => await node.must(['systemctl', 'show', '-P', 'MainPID', 'uvs-agent']);
    const isThere = async (path: string): Promise<boolean> => (await node.exec(['test', '-e', path])).code === 0;
    /** The daemon has gone over to other programs. */
    const restarted = async (pid: string): Promise<void> => {
      await eventually(
        'the agent was started anew',
        async () => (await mainPid()) !== pid && (await stateOf('uvs-agent')) === 'enabled active',
        60_000,
      );
    };

    // the one package of before, with a node that works
    const cluster = new SandboxCluster({ dir, nodes: [{ hostname: 'node1', roles: ['osd'] }], host: nodes.gateway });
    stack.defer(() => cluster.stop());
    await cluster.startCoordinator();
    await dpkg('-i', before);
    t.equal(await stateOf('uvs-agent'), 'disabled inactive', 'an installation starts nothing');
    const token = await mustRun('uvsctl', ['--credential', cluster.credential, 'join-tokens', 'create', '--uses', '1']);
    await node.write('/root/join.token', token, '600');
    await node.must(['uvs-agent', 'join', '--token-file', '/root/join.token', '--hostname', 'node1', '--roles', 'osd']);
    await node.must(['systemctl', 'enable', '--now', 'uvs-agent', 'uvs-coordinator']);
    await cluster.waitReady();

    // as apt does it; without the new one of its name, the old one would have to be removed, which disables its units
    let pid = await mainPid();
    await dpkg('--auto-deconfigure', '-i', ...debs.values());
    await restarted(pid);
    t.equal(await stateOf('uvs-coordinator'), 'enabled inactive', 'it has no configuration, but its unit stays enabled');
    await cluster.waitReady();
    t.equal(await node.must(['dpkg', '--audit']), '');
    t.equal(await node.must(['dpkg', '--verify', ...debs.keys()]), '', 'each file is where its package says');
    for (const gone of ['bin', 'lib', 'vendor', 'proto']) t.notOk(await isThere(`/usr/lib/uvs/${gone}`), `${gone} of the one before`);
    await node.must(['id', 'uvs-coordinator']);
    for (const program of ['uvs-agent', 'uvs-coordinator', 'uvsctl', 'upd']) await node.must([program, '--version']);

    // the transitional one goes, nothing else
    pid = await mainPid();
    await dpkg('-P', 'uvs');
    t.equal(await stateOf('uvs-agent'), 'enabled active');
    t.equal(await mainPid(), pid);
    // the agent alone, and the runtime alone
    await dpkg('-i', ...of('uvs-agent'));
    await restarted(pid);
    pid = await mainPid();
    await dpkg('-i', ...of('uvs-runtime'));
    await restarted(pid);
    await cluster.waitReady();

    // what the agent keeps in order
    await makeSettable(node);
    await node.write('/etc/systemd/system/held.service', '[Service]\nExecStart=sleep infinity\n');
    await node.sh('systemctl daemon-reload && systemctl start held systemd-timesyncd');
    const scope = ['--node', 'node1', '--reason', 'a test'];
    await cluster.uvsctlOk('limits', 'set', 'held.service', 'TasksMax=77', ...scope);
    const settings = ['time-zone=Europe/Berlin', 'sysctl.net.core.somaxconn=4000', `ntp-servers=${nodes.gateway}`];
    await cluster.uvsctlOk('settings', 'set', ...settings, ...scope);
    await eventually('limits and settings are written', async () => (await node.exec(['ls', ...written])).code === 0, 60_000);
    const most = async (): Promise<string> => {
      const group = await node.must(['systemctl', 'show', '-P', 'ControlGroup', 'held']);
      // of version 1, or of version 2
      return (await node.sh(`cd /sys/fs/cgroup; cat pids${group.trim()}/pids.max 2>/dev/null || cat .${group.trim()}/pids.max`)).trim();
    };
    const servers = async (): Promise<string> =>
      (await node.must(['timedatectl', 'show-timesync', '--property=SystemNTPServers', '--value'])).trim();
    await eventually('the limit holds', async () => (await most()) === '77', 30_000);
    await eventually('the servers are told', async () => (await servers()) === nodes.gateway, 60_000);

    await dpkg('-r', 'uvs-agent');
    t.match(await stateOf('uvs-agent'), /^(not-found )?inactive$/u);
    t.ok(await isThere('/var/lib/uvs-agent/credential.json'), 'a removal keeps who the node is');
    await node.must(['systemctl', 'daemon-reload']);
    for (const path of written) t.ok(await isThere(path), `a removal keeps ${path}`);
    t.equal(await most(), '77');
    await dpkg('-i', ...of('uvs-agent'));
    t.equal(await stateOf('uvs-agent'), 'disabled inactive');
    await node.must(['systemctl', 'enable', '--now', 'uvs-agent']);
    await cluster.waitReady();

    // what releases have brought, and foreign files
    await node.sh('mkdir -p /usr/lib/uvs/agent/9.0.0 /usr/lib/uvs/runtime/99.0.0 /etc/chrony/sources.d');
    for (const path of [chronySources, leftBeside, ...ofTheSsd]) await node.write(path, '# Written by uvs-agent\n');
    const held = await node.must(['systemctl', 'show', '-P', 'MainPID', 'held']);
    const purged = await dpkg('-P', 'uvs-agent', 'uvs-coordinator', 'uvs-cli', 'uvs-runtime');
    t.match(purged, '/var/lib/uvs-agent holds keys or state and is kept');
    t.notOk(await isThere('/usr/lib/uvs'));
    t.notOk(await isThere('/var/lib/uvs-agent/limits-written.json'), 'what was taken back is nobody’s change to an agent that comes again');
    t.ok(await isThere('/var/lib/uvs-agent/settings-purged'), 'the same of settings');
    t.ok(await isThere('/var/lib/uvs-agent/credential.json'), 'the only keys are nobody’s to remove but the operator’s');
    t.notOk(await isThere('/var/lib/uvs-coordinator'), 'nothing was in there');
    t.equal(await node.must(['dpkg-query', '-W', '-f', '${Package}\n']).then((all) => /^uvs/mu.exec(all)), null);
    for (const path of ofTheSsd) t.ok(await isThere(path), 'where data is, is not the packages’ to undo');
    await node.must(['rm', ...ofTheSsd]);
    t.equal(await node.sh('find /usr /etc -xdev -name "*uvs*" ! -path "/etc/uvs*"'), '');
    t.notOk(await isThere('/etc/systemd/timesyncd.conf.d'), 'nothing else was in there');
    t.not(await most(), '77', 'what was before is in force');
    t.equal(await node.must(['systemctl', 'show', '-P', 'MainPID', 'held']), held, 'nothing was restarted for it');
    await eventually('the client has its own servers', async () => (await servers()) === '', 30_000);
    t.match(await node.sh('readlink /etc/localtime'), 'Europe/Berlin', 'the time zone is the system’s');
    await node.must(['rm', '-r', '/etc/systemd/system/held.service.d']);

    // anew, and gone without a trace where it was never used
    await node.sh('rm -rf /var/lib/uvs-agent /etc/uvs');
    await dpkg('-i', ...of('uvs-runtime', 'uvs-agent'));
    t.equal(await stateOf('uvs-agent'), 'disabled inactive');
    await dpkg('-P', 'uvs-agent', 'uvs-runtime');
    t.equal(await node.sh('find /usr /etc /var/lib -xdev -name "*uvs*"'), '');
  },
);
