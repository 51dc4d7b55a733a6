import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import * as v from 'valibot';
import { eventually } from '../support/eventually.ts';
import { mustRun } from '../support/programs.ts';
import { SandboxCluster } from '../support/sandbox-cluster.ts';
import { parseJson, slotsSchema } from '../support/uvsctl-json.ts';
import { ArmMachine } from './arm-machine.ts';
import { GATEWAY, hasGateway } from './network.ts';
import { PACKAGES } from './packages-folder.ts';

t.setTimeout(3_600_000);
if (!hasGateway()) throw new Error(`there is no ${GATEWAY} here: run make test-arm`);

const names = ['node1', 'node2'];
const INSTALL_MS = 300_000;
const READY_MS = 300_000;
const STEP_MS = 600_000;
const SETTLED_MS = 60_000;
/** Starts wait while /run/hold is there; what it finds of the release when it starts is written down. */
const storageUnit = `[Unit]
Description=Stands for a storage daemon
[Service]
Type=exec
TimeoutStartSec=900
ExecStartPre=/bin/sh -c 'while [ -e /run/hold ]; do touch /run/waits; sleep 0.2; done; cat /opt/app/release >>/var/lib/starts 2>/dev/null || echo none >>/var/lib/starts'
ExecStart=/usr/bin/sleep infinity
[Install]
WantedBy=multi-user.target
`;
const factsSchema = v.object({
  nodes: v.array(v.object({ hostname: v.string(), state: v.string(), facts: v.object({ arch: v.string(), uvsVersion: v.string() }) })),
});

void t.test('a rolling push over emulated arm64 machines goes to one at a time, with the packages as they ship', async (t) => {
  await using stack = new AsyncDisposableStack();
  const dir = mkdtempSync(join(tmpdir(), 'uvs-arm-push-'));
  stack.defer(() => rmSync(dir, { recursive: true, force: true }));
  let lastMs = performance.now();
  const lap = (what: string): void => {
    t.comment(`${what}: ${((performance.now() - lastMs) / 1000).toFixed(0)} s`);
    lastMs = performance.now();
  };
  const machines = names.map((name) => stack.use(new ArmMachine(name, PACKAGES)));
  await Promise.all(machines.map((machine) => machine.boot()));
  lap(`${machines.length} machines booted beside each other`);

  const cluster = new SandboxCluster({ dir, nodes: names.map((hostname) => ({ hostname, roles: ['osd'] })), host: GATEWAY });
  stack.defer(() => cluster.stop());
  stack.defer(async () => {
    if (t.passing()) return;
    t.comment(cluster.logTails(30));
    for (const machine of machines) t.comment((await machine.exec(['journalctl', '-u', 'uvs-agent*', '-n', '60', '-o', 'cat'])).stdout);
  });
  await cluster.startCoordinator();
  const token = await mustRun('uvsctl', ['--credential', cluster.credential, 'join-tokens', 'create', '--uses', String(names.length)]);
  const debs = readdirSync(PACKAGES).map((file) => join('/mnt', file));
  await Promise.all(
    machines.map(async (machine) => {
      t.equal(await machine.must(['uname', '-m']), 'aarch64');
      await machine.must(['dpkg', '-i', ...debs], { deadlineMs: INSTALL_MS });
      await machine.write('/etc/systemd/system/storage.service', storageUnit);
      await machine.sh('systemctl daemon-reload && systemctl enable --now storage.service');
      await machine.write('/etc/uvs/agent.toml', 'services = ["storage.service"]\n');
      await machine.write('/root/join.token', token, '600');
      const join = ['uvs-agent', 'join', '--token-file', '/root/join.token', '--hostname', machine.name, '--roles', 'osd'];
      // an emulated processor may not have made its connection when the agent gives it up
      await eventually(`${machine.name} joins`, async () => await machine.must(join).then(() => true), READY_MS);
      await machine.must(['systemctl', 'enable', '--now', 'uvs-agent']);
    }),
  );
  await cluster.waitReady(READY_MS);
  lap('installed and joined');
  const nodes = async () => parseJson(factsSchema, await cluster.uvsctlOk('--json', 'nodes', 'list')).nodes;
  t.same(
    (await nodes()).map(({ facts }) => facts),
    Array.from(names, () => ({ arch: 'arm64', uvsVersion: '' })),
  );

  const [one, other] = machines;
  if (one === undefined || other === undefined) throw new Error('two machines were asked for');
  await delay(SETTLED_MS); // what the start has left is over
  const memory = await idleMemory(one);
  const mib = (name: string): string => `${(memory(name) / 1024).toFixed(1)} MiB`;
  t.comment(`idle agent on arm64: resident ${mib('Rss')}, proportional ${mib('Pss')}, its own ${mib('Anonymous')}`);

  const build = async (seq: number, arch: string): Promise<string> => {
    const tree = join(dir, `tree-${seq}`);
    mkdirSync(join(tree, 'opt/app'), { recursive: true });
    writeFileSync(join(tree, 'opt/app/release'), `${seq}\n`);
    writeFileSync(join(tree, 'opt/app/data'), Buffer.alloc(1_000_000, `release ${seq}`));
    return await cluster.buildRelease(
      `r${seq}`,
      `product = "uvs"\nversion = "2.14.${seq}"\nreleaseSeq = ${seq}\nservices = ["storage.service"]\ntarget = { archs = ["${arch}"] }
brings = { uvs = "2.14.${seq}" }\n\n[[trees]]\nsource = "${tree}"\ndestination = "/"\n`,
    );
  };
  const foreign = await cluster.uvsctl('push', await build(1, 'amd64'), '--all', '--rolling', '--yes');
  t.not(foreign.code, 0);
  t.match(foreign.stderr + foreign.stdout, /amd64/u, 'a release for another architecture is refused');

  lastMs = performance.now();
  // whichever comes first stays in the middle until it is let go
  await Promise.all(machines.map((machine) => machine.write('/run/hold', '')));
  const pushed = cluster.uvsctl('push', await build(2, 'arm64'), '--all', '--rolling', '--yes');
  const waits = async (machine: ArmMachine): Promise<boolean> => (await machine.exec(['test', '-e', '/run/waits'])).code === 0;
  const first = await eventually(
    'one is to start its service',
    async () => ((await waits(one)) ? one : (await waits(other)) && other),
    STEP_MS,
  );
  const second = first === one ? other : one;
  t.equal(await first.read('/opt/app/release'), '2\n', 'the first has the release');
  t.equal((await second.exec(['test', '-e', '/opt/app'])).code, 1, 'and the second has nothing of it');
  t.equal(await second.must(['systemctl', 'is-active', 'storage']), 'active');
  const { slots } = parseJson(slotsSchema, await cluster.uvsctlOk('--json', 'slots', 'list'));
  t.match(slots, [{ hostname: first.name, state: 'SLOT_STATE_BEGUN' }], 'only one has a slot');
  t.equal(slots.length, 1);
  await first.must(['rm', '/run/hold']);
  await eventually('the second is to start its service', async () => await waits(second), STEP_MS);
  t.equal(await first.must(['systemctl', 'is-active', 'storage']), 'active', 'the first has ended before the second began');
  await second.must(['rm', '/run/hold']);
  const { code, stdout, stderr } = await pushed;
  t.equal(code, 0, stdout + stderr);
  lap('the push, one machine after the other');

  for (const machine of machines) {
    t.equal(await machine.read('/opt/app/release'), '2\n');
    t.equal(await machine.sh('sha256sum </opt/app/data'), await sha256(Buffer.alloc(1_000_000, 'release 2')));
    t.equal(await machine.read('/var/lib/starts'), 'none\n2\n', 'its service was started with the release');
    t.equal(await machine.must(['systemctl', 'is-active', 'uvs-agent', 'storage']), 'active\nactive');
    t.equal(await machine.must(['systemctl', 'show', '--value', '-p', 'NRestarts', 'uvs-agent']), '0');
    t.equal(await machine.must(['dpkg', '--verify', 'uvs-agent', 'uvs-runtime']), '', 'each file is as the packages have it');
  }
  t.same(
    (await nodes()).map(({ state, facts }) => [state, facts.uvsVersion]),
    Array.from(names, () => ['NODE_STATE_READY', '2.14.2']),
  );
});

/** Of the agent's process, by the name of a line of smaps_rollup (proc(5)), in KiB. */
async function idleMemory(machine: ArmMachine): Promise<(name: string) => number> {
  const text = await machine.sh('cat /proc/$(systemctl show --value -p MainPID uvs-agent)/smaps_rollup');
  return (name) => Number(new RegExp(`^${name}: +(\\d+) kB$`, 'mu').exec(text)?.[1]);
}

async function sha256(bytes: Buffer<ArrayBuffer>): Promise<string> {
  return `${Buffer.from(await crypto.subtle.digest('SHA-256', bytes)).toString('hex')}  -`;
}
