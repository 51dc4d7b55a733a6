import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { eventually } from '../support/eventually.ts';
import { buildPackages } from '../support/packages.ts';
import { mustRun } from '../support/programs.ts';
import type { BootedNode } from './booted-node.ts';
import { BootedNodes, whyNoBootedNodes } from './booted-nodes.ts';
import { blockEventLoop, stopWaking } from './inspected.ts';

t.setTimeout(900_000);
const whyNot = whyNoBootedNodes();
if (whyNot !== undefined && process.env['CI'] === 'true') throw new Error(whyNot);

const AGENT = 'uvs-agent.service';
const COORDINATOR = 'uvs-coordinator.service';
const ETCD = '/usr/bin/etcd';
/** systemd's measure, of 10, as docs/nodes.md tells it of each; a setting that gets lost raises it, and 10 is the end of the scale. */
const mostExposed = new Map([
  ['uvs-agent-recover.service', 9.5],
  [AGENT, 9.7],
  [COORDINATOR, 1.7],
]);
const units = [...mostExposed.keys()];
/** Instead of minutes; longer than the coordinator's look at etcd and an agent's heartbeat take, which are 5 s. */
const WATCHDOG_SECONDS = 15;
const RESTART_MS = 120_000;

async function property(node: BootedNode, unit: string, name: string): Promise<string> {
  return await node.must(['systemctl', 'show', '--value', '-p', name, unit]);
}

/** What a unit has said since its node was booted, of at least this priority. */
async function journal(node: BootedNode, unit: string, priority = 'debug'): Promise<string> {
  return await node.must(['journalctl', '--no-pager', '-o', 'cat', '-p', priority, '-u', unit]);
}

/** What systemd has been told by a unit, of what its debug log has. */
async function notified(node: BootedNode, unit: string): Promise<readonly string[]> {
  const manager = await node.must(['journalctl', '--no-pager', '-o', 'cat', '_PID=1']);
  const told = new RegExp(`^${unit}: Got notification message from PID \\d+ \\((.*)\\)`, 'gmu');
  return [...manager.matchAll(told)].map(([, message = '']) => message);
}

async function untilStatus(node: BootedNode, unit: string, pattern: RegExp): Promise<void> {
  let status = '';
  await eventually(
    `the status of ${unit} is ${pattern}`,
    async () => {
      status = await property(node, unit, 'StatusText');
      return pattern.test(status);
    },
    RESTART_MS,
  ).catch((cause: unknown) => {
    throw new Error(`the status of ${unit} is ${status}`, { cause });
  });
}

function exposure(report: string): number {
  return Number(/Overall exposure level for .*: (?<level>[\d.]+)/u.exec(report)?.groups?.['level'] ?? Number.NaN);
}

void t.test('the units hold what they say on a booted node', { skip: whyNot ?? false }, async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'uvs-nodes-units-'));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  const startedMs = performance.now();
  const debs = join(dir, 'debs');
  const names = ['uvs-runtime', 'uvs-agent', 'uvs-coordinator'];
  const built = [...(await buildPackages(debs, { names, env: { FORMAT: 'deb' } })).values()];
  await using bed = await BootedNodes.start(1, { binds: [debs, ETCD] });
  const [node] = bed.nodes;
  if (node === undefined) throw new Error('one node was asked for');
  await using report = new AsyncDisposableStack();
  report.defer(async () => {
    if (!t.passing()) t.comment((await node.exec(['journalctl', '-u', 'uvs-*', '-n', '150', '-o', 'cat'])).stdout);
    t.comment(`all of it: ${((performance.now() - startedMs) / 1000).toFixed(1)} s`);
  });
  await node.must(['dpkg', '-i', ...built], { deadlineMs: 300_000 });

  await t.test('systemd-analyze finds nothing wrong, and the coordinator confined', async (t) => {
    const verified = await node.exec(['systemd-analyze', 'verify', '--man=no', ...units]);
    t.match(verified, { code: 0, stdout: '', stderr: '' }, 'no warning either');
    for (const [unit, most] of mostExposed) {
      const level = exposure(await node.must(['systemd-analyze', 'security', '--no-pager', unit]));
      t.comment(`exposure of ${unit}: ${level}`);
      t.ok(level > 0 && level <= most, `${unit}: ${level}`);
    }
  });

  await t.test('the user and the directories are made as declared, also where somebody has removed them', async (t) => {
    const directories = ['/etc/uvs', '/var/lib/uvs-agent', '/var/lib/uvs-coordinator'];
    const wanted = ['755 root /etc/uvs', '700 root /var/lib/uvs-agent', '700 uvs-coordinator /var/lib/uvs-coordinator'].join('\n');
    t.equal(await node.must(['stat', '-c', '%a %U %n', ...directories]), wanted);
    t.match(await node.must(['getent', 'passwd', 'uvs-coordinator']), /^uvs-coordinator:.*:\/var\/lib\/uvs-coordinator:.*nologin$/u);
    await node.must(['rm', '-rf', ...directories]);
    await node.sh('systemd-sysusers && systemd-tmpfiles --create uvs-agent.conf uvs-coordinator.conf');
    t.equal(await node.must(['stat', '-c', '%a %U %n', ...directories]), wanted);
  });

  await t.test(
    'a machine that has not joined has no agent, and one without configuration no coordinator; neither counts as failed',
    async (t) => {
      await node.must(['systemctl', 'start', ...units]);
      for (const unit of units) t.equal(await property(node, unit, 'ActiveState'), 'inactive', unit);
    },
  );

  await mustRun('upd', ['keygen', join(dir, 'vendor')]);
  await mustRun('upd', ['root', 'init', '--product', 'uvs', '--key', join(dir, 'vendor.pub'), '--out', join(dir, 'root.json')]);
  await node.copyIn(join(dir, 'root.json'), '/root');
  const addresses = ['--grpc', `${node.address}:7443`, '--https', `${node.address}:7444`];
  const init = ['--name', 'units', '--id', 'c1', '--package-root', '/root/root.json', '--etcd', 'embedded', '--owner', 'uvs-coordinator'];
  await node.must(['uvs-coordinator', 'init', ...init, ...addresses]);

  await t.test('each is ready at its first good contact, and its status follows it', async (t) => {
    await node.must(['systemctl', 'enable', '--now', COORDINATOR]);
    t.equal(await property(node, COORDINATOR, 'ActiveState'), 'active');
    t.match(await property(node, COORDINATOR, 'StatusText'), /^leading: 0 open rollouts, 0 slots taken$/u);
    const credential = join(dir, 'admin.json');
    writeFileSync(credential, await node.read('/etc/uvs/admin.credential.json'), { mode: 0o600 });
    const token = await mustRun('uvsctl', ['--credential', credential, 'join-tokens', 'create', '--uses', '1']);
    await node.write('/root/join.token', token, '600');
    await node.must(['uvs-agent', 'join', '--token-file', '/root/join.token', '--roles', 'osd']);
    await node.must(['systemctl', 'enable', '--now', AGENT]);
    t.match(await property(node, AGENT, 'StatusText'), /^node1: connected to /u, 'systemctl start waited for the contact');

    await node.must(['systemctl', 'log-level', 'debug']);
    await node.must(['systemctl', 'stop', COORDINATOR]);
    await node.must(['systemctl', 'restart', AGENT]);
    await node.must(['systemctl', 'log-level', 'info']);
    for (const unit of [AGENT, COORDINATOR])
      t.ok(
        (await notified(node, unit)).some((told) => told.includes('STOPPING=1')),
        `${unit} says that it stops`,
      );
    t.equal(await property(node, AGENT, 'ActiveState'), 'active', 'without a coordinator it is ready all the same');
    t.match(await property(node, AGENT, 'StatusText'), /^node1: degraded, looking for the leading coordinator$/u);
    await node.must(['systemctl', 'start', COORDINATOR]);
    await untilStatus(node, AGENT, /^node1: connected to /u);
  });

  await t.test('a reload takes the level of the log at once and names what waits for the next start', async (t) => {
    const mainPid = await property(node, AGENT, 'MainPID');
    t.equal(await journal(node, AGENT, 'err'), '', 'nothing was an error as yet');
    await node.write('/etc/uvs/agent.toml', 'retainPrevious = false\n[log]\nlevel = "debug"\n');
    await node.must(['systemctl', 'log-level', 'debug']);
    for (const unit of [AGENT, COORDINATOR]) {
      const before = (await notified(node, unit)).length;
      await node.must(['systemctl', 'reload', unit]);
      const since = async (): Promise<string> => (await notified(node, unit)).slice(before).join('\n');
      await eventually(`${unit} says that it reloads, and then that it is ready`, async () =>
        /RELOADING=1[^]*READY=1/u.test(await since()),
      );
    }
    await node.must(['systemctl', 'log-level', 'info']);
    await eventually('it is read', async () => (await journal(node, AGENT, 'warning')).includes('"fromNextStart":["retainPrevious"]'));
    await node.write('/etc/uvs/agent.toml', 'retainPrevious = maybe\n');
    await node.must(['systemctl', 'reload', AGENT]);
    await eventually('a wrong one is an error', async () => (await journal(node, AGENT, 'err')).includes('could not be read again'));
    await eventually('it is done', async () => (await property(node, AGENT, 'SubState')) === 'running');
    t.equal(await property(node, AGENT, 'MainPID'), mainPid, 'it is the same process');
    await node.sh('printf "\\n[log]\\nlevel = \\"warn\\"\\n" >> /etc/uvs/coordinator.toml; systemctl reload uvs-coordinator');
    await node.sh('rm /etc/uvs/agent.toml; systemctl restart uvs-coordinator');
    t.notMatch(
      (await journal(node, COORDINATOR)).split('Reloading').at(-1),
      /"level":"info"/u,
      'the coordinator has the level of its file',
    );
  });

  await t.test('what keeps a daemon from starting is an error to journalctl, and is not tried again and again', async (t) => {
    await node.write('/etc/uvs/agent.toml', 'no such thing\n');
    t.not((await node.exec(['systemctl', 'restart', AGENT])).code, 0);
    t.match(await journal(node, AGENT, 'err'), /uvs-agent: .*agent\.toml.*\[CONFIG_INVALID\]/u);
    t.equal(await property(node, AGENT, 'ActiveState'), 'failed');
    await node.must(['rm', '/etc/uvs/agent.toml']);
    await node.must(['systemctl', 'restart', AGENT]);
  });

  await t.test('the watchdog starts anew what is blocked, and what no longer turns though its timers fire', async (t) => {
    for (const unit of [AGENT, COORDINATOR]) {
      await node.write(`/etc/systemd/system/${unit}.d/watchdog.conf`, `[Service]\nWatchdogSec=${WATCHDOG_SECONDS}s\n`);
    }
    await node.sh(`systemctl daemon-reload; systemctl restart ${COORDINATOR} ${AGENT}`);
    await untilStatus(node, AGENT, /connected to/u);
    const restarted = async (unit: string, times: number): Promise<void> => {
      const sinceMs = performance.now();
      await eventually(
        `${unit} is started anew`,
        async () => (await property(node, unit, 'NRestarts')) === String(times) && (await property(node, unit, 'ActiveState')) === 'active',
        RESTART_MS,
      );
      t.comment(
        `${unit} started anew by its watchdog of ${WATCHDOG_SECONDS} s after ${((performance.now() - sinceMs) / 1000).toFixed(0)} s`,
      );
    };
    // the agent's session ends with the coordinator, and it then waits for ever to look for another
    await stopWaking(node, AGENT, 'promises');
    await blockEventLoop(node, COORDINATOR);
    await restarted(COORDINATOR, 1);
    await restarted(AGENT, 1);
    await untilStatus(node, AGENT, /connected to/u);
    await stopWaking(node, COORDINATOR, 'callbacks');
    await blockEventLoop(node, AGENT);
    await restarted(AGENT, 2);
    await restarted(COORDINATOR, 2);
    await untilStatus(node, AGENT, /connected to/u);
    for (const [unit, loop] of [
      [AGENT, 'session'],
      [COORDINATOR, '(?:etcd|rollouts)'],
    ] as const) {
      const said = await journal(node, unit);
      t.equal(said.match(/Watchdog timeout/gu)?.length, 2, unit);
      t.match(await journal(node, unit, 'err'), new RegExp(`"loop":"${loop}"`, 'u'), `${unit} said which loop was stuck`);
    }
  });
});
