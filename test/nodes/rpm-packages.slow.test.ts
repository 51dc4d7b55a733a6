import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { eventually } from '../support/eventually.ts';
import { buildPackages } from '../support/packages.ts';
import { BootedNodes, whyNoBootedNodes } from './booted-nodes.ts';

t.setTimeout(500_000);
const whyNot = whyNoBootedNodes();
if (whyNot !== undefined && process.env['CI'] === 'true') throw new Error(whyNot);
const INSTALL_MS = 180_000;

/** Packages of Red Hat's family as that has them, for the node's own files are in none: what ours ask for, and no more. */
const base = `Name: base
Version: 1
Release: 1
Summary: x
License: x
Provides: glibc = 2.28, libgcc = 8.5.0, libstdc++ = 8.5.0, systemd = 239, attr = 2.4.48, coreutils = 8.30, e2fsprogs = 1.45.6, util-linux = 2.32.1, /bin/sh
%description
x
%files
`;

/** Builds it into a folder. Returns the path. */
function buildBase(folder: string): string {
  mkdirSync(folder);
  writeFileSync(join(folder, 'base.spec'), base);
  execFileSync('rpmbuild', ['-bb', '--quiet', '--target', 'noarch', '--define', `_topdir ${folder}`, join(folder, 'base.spec')], {
    timeout: 60_000,
    stdio: 'ignore',
  });
  return join(folder, 'RPMS/noarch', readdirSync(join(folder, 'RPMS/noarch'))[0] ?? '');
}

void t.test(
  'on a machine with nothing but its base system the .rpms are installed, upgraded and removed',
  { skip: whyNot ?? false },
  async (t) => {
    await using stack = new AsyncDisposableStack();
    const dir = mkdtempSync(join(tmpdir(), 'uvs-rpms-e2e-'));
    stack.defer(() => rmSync(dir, { recursive: true, force: true }));
    const rpms = await buildPackages(join(dir, 'rpms'), { env: { FORMAT: 'rpm' } });
    const next = await buildPackages(join(dir, 'next'), { names: ['uvs-agent'], env: { FORMAT: 'rpm', REVISION: '2' } });
    const system = buildBase(join(dir, 'base'));
    const nodes = stack.use(await BootedNodes.start(1, { binds: [dir] }));
    const [node] = nodes.nodes;
    if (node === undefined) throw new Error('one node was asked for');
    const rpm = async (...args: readonly string[]): Promise<string> => await node.must(['rpm', ...args], { deadlineMs: INSTALL_MS });
    const stateOf = async (unit: string): Promise<string> =>
      (await node.exec(['sh', '-c', `systemctl is-enabled ${unit}; systemctl is-active ${unit}`])).stdout.replace('\n', ' ').trimEnd();
    const mainPid = async (): Promise<string> => await node.must(['systemctl', 'show', '-P', 'MainPID', 'uvs-agent']);
    const isThere = async (path: string): Promise<boolean> => (await node.exec(['test', '-e', path])).code === 0;
    const agent = rpms.get('uvs-agent') ?? '';
    const upgrade = next.get('uvs-agent') ?? '';

    await rpm('-i', system);
    t.match(await node.exec(['rpm', '-i', agent]), { code: 1, stderr: /uvs-runtime >= [0-9.]+ is needed by uvs-agent/u });
    await rpm('-i', ...rpms.values());
    t.equal(await stateOf('uvs-agent'), 'disabled inactive', 'an installation starts nothing');
    t.equal(await node.must(['rpm', '-V', ...rpms.keys()]), '', 'each file is where its package says');
    await node.must(['id', 'uvs-coordinator']);
    for (const program of ['uvs-agent', 'uvs-coordinator', 'uvsctl', 'upd']) await node.must([program, '--version']);

    // what stands for an agent that has joined
    const standIn = '[Unit]\nConditionPathExists=\n[Service]\nType=simple\nWatchdogSec=0\nExecStart=\nExecStart=sleep infinity\n';
    await node.write('/etc/systemd/system/uvs-agent.service.d/stand-in.conf', standIn);
    await node.write('/var/lib/uvs-agent/credential.json', '{}', '600');
    await node.must(['systemctl', 'daemon-reload']);
    await node.must(['systemctl', 'enable', '--now', 'uvs-agent']);
    const pid = await mainPid();
    // what the agent writes for a limit, and for the SSD
    const limits = '/etc/systemd/system/held.service.d/90-uvs-limits.conf';
    const ofTheSsd = '/etc/systemd/system/held.service.d/60-uvs-m2-var-log-held.conf';
    await node.write(limits, '[Service]\nTasksMax=77\n');
    await node.write(ofTheSsd, '[Unit]\n');
    await node.write('/var/lib/uvs-agent/handover.trial', '');
    const refused = await node.exec(['rpm', '-U', upgrade], { deadlineMs: INSTALL_MS });
    t.not(refused.code, 0);
    t.match(refused.stderr, 'a release is replacing the agent on this node');
    await node.must(['rm', '/var/lib/uvs-agent/handover.trial']);
    t.equal(await mainPid(), pid);
    await rpm('-U', upgrade);
    await eventually('the agent was started anew', async () => (await mainPid()) !== pid, 60_000);
    t.equal(await stateOf('uvs-agent'), 'enabled active', 'the scripts of the one before took it for no removal');
    t.match(await rpm('-q', 'uvs-agent'), /-2\.noarch$/u);
    await node.must(['uvs-agent', '--version']);
    t.ok(await isThere(limits), 'an upgrade lifts no limit');

    await node.sh('mkdir -p /usr/lib/uvs/agent/9.0.0 /usr/lib/uvs/runtime/99.0.0');
    const removed = await node.exec(['rpm', '-e', ...rpms.keys()], { deadlineMs: INSTALL_MS });
    t.equal(removed.code, 0, removed.stderr);
    t.match(removed.stdout + removed.stderr, '/var/lib/uvs-agent holds keys or state and is kept');
    t.match(await stateOf('uvs-agent'), /inactive$/u);
    t.ok(await isThere('/var/lib/uvs-agent/credential.json'), 'who the node is goes with nobody but the operator');
    t.notOk(await isThere('/var/lib/uvs-coordinator'), 'nothing was in there');
    t.notOk(await isThere(limits), 'there is no other removal than a purge');
    t.ok(await isThere(ofTheSsd));
    await node.must(['rm', ofTheSsd]);
    t.equal(await node.sh('find /usr /etc -xdev -name "*uvs*" ! -path "/etc/systemd/system/uvs-agent.service.d*"'), '');
  },
);
