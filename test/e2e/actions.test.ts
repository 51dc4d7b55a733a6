import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { randomUUID } from 'node:crypto';
import t from 'tap';
import { statePaths } from '../../agent/state-paths.ts';
import { eventually } from '../support/eventually.ts';
import { mostAtOnce, readDisturbances } from '../support/overlaps.ts';
import { SandboxCluster, writeScript } from '../support/sandbox-cluster.ts';
import { SandboxUnits } from '../support/sandbox-units.ts';
import { nodesSchema, parseJson, slotsSchema } from '../support/uvsctl-json.ts';

const monitors = ['demo151', 'demo152', 'demo153'];
const storage = ['demo154', 'demo155'];
const dir = mkdtempSync(join(tmpdir(), 'uvs-actions-'));
const cluster = new SandboxCluster({
  dir,
  nodes: [...monitors.map((hostname) => ({ hostname, roles: ['mon'] })), ...storage.map((hostname) => ({ hostname, roles: ['osd'] }))],
});
const record = join(dir, 'record');
/** Nodes whose machine was told to reboot, in that order. */
const toldToReboot = join(dir, 'told-to-reboot');
const units = new Map(storage.map((hostname, index) => [hostname, unitsOf(hostname, 2 * index)]));

/** Two OSDs that run, one that somebody has stopped, and a service that is none of Ceph's. */
function unitsOf(hostname: string, first: number): SandboxUnits {
  const running = [`ceph-osd@${first}.service`, `ceph-osd@${first + 1}.service`, 'node-exporter.service', 'ssh.service'];
  const all = [...running.map((name) => ({ name, state: 'active' as const })), { name: 'ceph-osd@9.service', state: 'inactive' as const }];
  return new SandboxUnits(join(dir, 'units', hostname), hostname, all, record);
}

function bootIdFile(hostname: string): string {
  return join(cluster.nodeRoot(hostname), 'proc/sys/kernel/random/boot_id');
}

function put(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

async function bootIds(): Promise<ReadonlyMap<string, string>> {
  const { nodes } = parseJson(nodesSchema, await cluster.uvsctlOk('--json', 'nodes', 'list'));
  return new Map(nodes.map(({ hostname, facts }) => [hostname, facts?.bootId ?? '']));
}

function rebootedMachines(): readonly string[] {
  return readFileSync(toldToReboot, 'utf8').split('\n').slice(0, -1);
}

/** How many sessions its agents have opened so far, by their log. */
function sessionsOf(hostname: string): number {
  return readFileSync(cluster.agents.get(hostname)?.logFile ?? '', 'utf8').split('session open').length - 1;
}

function uptimeMs(): number {
  return Math.floor(1000 * Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]));
}

t.before(async () => {
  writeFileSync(record, '');
  writeFileSync(toldToReboot, '');
  const reboot = writeScript(
    join(dir, 'reboot'),
    `#!/bin/sh\necho "begin $1 $(awk '{printf "%d", $1 * 1000}' /proc/uptime)" >> ${record}\necho "$1" >> ${toldToReboot}\n`,
  );
  for (const hostname of [...monitors, ...storage]) {
    put(bootIdFile(hostname), `${randomUUID()}\n`);
    const systemctl = units.get(hostname)?.systemctl;
    const services =
      systemctl === undefined ? '' : `services = ["node-exporter.service"]\nsandboxSystemctl = ${JSON.stringify(systemctl)}\n`;
    put(statePaths(cluster.nodeRoot(hostname)).config, `${services}sandboxReboot = ${JSON.stringify([reboot, hostname])}\n`);
  }
  await cluster.start();
});
t.beforeEach(() => writeFileSync(record, ''));
t.teardown(async () => {
  await cluster.stop();
  rmSync(dir, { recursive: true });
});

void t.test('restart of a pattern reaches the units that run, one node at a time, and none that somebody has stopped', async (t) => {
  const restarted = await cluster.uvsctl('restart', 'ceph-osd@*', '--role', 'osd', '--rolling', '--yes');
  t.equal(restarted.code, 0, restarted.stderr + restarted.stdout);
  t.same(units.get('demo154')?.starts(), {
    'ceph-osd@0.service': 2,
    'ceph-osd@1.service': 2,
    'ceph-osd@9.service': 1,
    'node-exporter.service': 1,
    'ssh.service': 1,
  });
  t.match(units.get('demo155')?.starts(), { 'ceph-osd@2.service': 2, 'ceph-osd@3.service': 2, 'ceph-osd@9.service': 1 });
  const disturbed = readDisturbances(record);
  t.same(
    disturbed.map(({ node }) => node),
    ['demo154', 'demo154', 'demo155', 'demo155'],
    'both of one node before those of the next',
  );
  t.equal(mostAtOnce(disturbed), 1);
  t.comment(`restart over 2 nodes: most disturbed at once ${mostAtOnce(disturbed)}`);
});

void t.test('a unit that the node lists is restarted as well, and one that it does not list is left alone', async (t) => {
  t.match(await cluster.uvsctl('restart', 'node-exporter.service', '--node', 'demo154', '--yes'), { code: 0 });
  t.match(units.get('demo154')?.starts(), { 'node-exporter.service': 2 });
  const refused = await cluster.uvsctl('restart', 'ssh.service', '--node', 'demo155', '--yes');
  t.equal(refused.code, 6, 'no rollout is made');
  t.match(refused.stderr, /ssh\.service/u);
  t.match(units.get('demo155')?.starts(), { 'ssh.service': 1 });
});

void t.test('a reboot takes the monitors one at a time, each until it is heard from another boot', async (t) => {
  const before = await bootIds();
  const rebooted = cluster.uvsctl('reboot', '--role', 'mon', '--rolling', '--yes');
  for (const [index, hostname] of monitors.entries()) {
    const told = await eventually(`a machine is told to reboot after ${index}`, () => rebootedMachines()[index], 30_000);
    t.equal(told, hostname);
    const agent = cluster.agents.get(hostname);
    if (index === 0) {
      const sessions = sessionsOf(hostname);
      await agent?.stop('SIGKILL');
      agent?.start();
      await eventually('it is heard again', () => sessionsOf(hostname) > sessions);
      const { slots } = parseJson(slotsSchema, await cluster.uvsctlOk('--json', 'slots', 'list'));
      t.match(slots, [{ hostname, state: 'SLOT_STATE_BEGUN' }], 'an agent that is back in the same boot proves nothing');
    }
    await agent?.stop('SIGKILL');
    writeFileSync(bootIdFile(hostname), `${randomUUID()}\n`);
    writeFileSync(record, `${readFileSync(record, 'utf8')}end ${hostname} ${uptimeMs()}\n`);
    agent?.start();
  }
  const { code, stdout, stderr } = await rebooted;
  t.equal(code, 0, stderr + stdout);
  const after = await bootIds();
  for (const hostname of monitors) t.not(after.get(hostname), before.get(hostname), `${hostname} runs in another boot`);
  for (const hostname of storage) t.equal(after.get(hostname), before.get(hostname), `${hostname} was left alone`);
  const disturbed = readDisturbances(record);
  t.same(
    disturbed.map(({ node }) => node),
    monitors,
    'each was told once',
  );
  t.equal(mostAtOnce(disturbed), 1);
  t.comment(`reboot of 3 monitors: most disturbed at once ${mostAtOnce(disturbed)}`);
});
