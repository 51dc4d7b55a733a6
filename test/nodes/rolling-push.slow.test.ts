import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { agentLayout } from '../../common/agent-layout.ts';
import { eventually } from '../support/eventually.ts';
import { mostNodesAtOnce, readDisturbances } from '../support/overlaps.ts';
import { writeScript } from '../support/sandbox-cluster.ts';
import { nodesSchema, parseJson, rolloutsSchema, slotsSchema } from '../support/uvsctl-json.ts';
import type { BootedNode } from './booted-node.ts';
import { whyNoBootedNodes } from './booted-nodes.ts';
import { ServiceCluster } from './service-cluster.ts';

t.setTimeout(900_000);
const whyNot = whyNoBootedNodes();
if (whyNot !== undefined && process.env['CI'] === 'true') throw new Error(whyNot);

const storage = ['node2', 'node3', 'node4'];
const STEP_MS = 180_000;
/** Of each node: from when to when its service was down or a task of the release ran, by the uptime that all booted nodes share. */
const RECORD = '/var/lib/storage/record';
const STARTS = '/var/lib/storage/starts';
const stamp = (what: string, part: string): string =>
  `echo "${what} $(hostname)/${part} $(awk '{printf "%d", $1 * 1000}' /proc/uptime)" >> ${RECORD}`;

/** Stands for a storage daemon: what it finds of the release when it starts is written down; its start waits while /run/hold is there. */
const storageProgram = `#!/bin/sh
case $1 in
start)
  while [ -e /run/hold ]; do touch /run/waits; sleep 0.1; done
  cat /opt/app/release >> ${STARTS} 2>/dev/null || echo none >> ${STARTS}
  ${stamp('end', 'service')} ;;
stop) ${stamp('begin', 'service')} ;;
esac
`;
const storageUnit = `[Unit]
Description=Stands for a storage daemon
[Service]
Type=exec
TimeoutStartSec=300
ExecStartPre=/usr/local/sbin/storage start
ExecStart=/usr/bin/sleep infinity
ExecStop=/usr/local/sbin/storage stop
[Install]
WantedBy=multi-user.target
`;

async function haveStorage(node: BootedNode): Promise<void> {
  await node.write('/usr/local/sbin/storage', storageProgram, '755');
  await node.write('/etc/systemd/system/storage.service', storageUnit);
  await node.sh('mkdir -p /var/lib/storage && systemctl daemon-reload && systemctl enable --now storage.service');
}

async function monotonicOf(node: BootedNode, unit: string, property: string): Promise<number> {
  return Number((await node.must(['systemctl', 'show', '--value', '-p', property, unit])).trim());
}

void t.test(
  'a rolling push over booted nodes takes a crash, a reboot and the agent’s own replacement, one node at a time',
  { skip: whyNot ?? false },
  async (t) => {
    const dir = mkdtempSync(join(tmpdir(), 'uvs-nodes-push-'));
    t.teardown(() => rmSync(dir, { recursive: true, force: true }));
    let lastMs = performance.now();
    const lap = (what: string): void => {
      t.comment(`${what}: ${((performance.now() - lastMs) / 1000).toFixed(1)} s`);
      lastMs = performance.now();
    };
    await using bed = await ServiceCluster.start({
      dir,
      nodes: [{ hostname: 'node1', roles: ['mds'] }, ...storage.map((hostname) => ({ hostname, roles: ['osd'] }))],
      agentConfig: 'services = ["storage.service"]\n',
      prepare: haveStorage,
    });
    const { cluster } = bed;
    const node1 = bed.node('node1');
    const node3 = bed.node('node3');
    await using report = new AsyncDisposableStack();
    report.defer(async () => {
      if (t.passing()) return;
      t.comment(cluster.logTails(30));
      t.comment((await node3.exec(['journalctl', '-u', 'uvs-agent*', '-n', '60', '-o', 'cat'])).stdout);
    });
    lap('4 nodes booted, installed and joined');

    const task = (name: string): string =>
      writeScript(join(dir, name), `#!/bin/sh\nset -e\n${stamp('begin', name)}\nsleep 0.3\n${stamp('end', name)}\n`);
    const build = async (seq: number, agent?: string): Promise<string> => {
      const tree = join(dir, `tree-${seq}`);
      mkdirSync(join(tree, 'opt/app'), { recursive: true });
      writeFileSync(join(tree, 'opt/app/release'), `${seq}\n`);
      if (agent !== undefined) bed.layAgent(tree, agent);
      const tasks = (['pre', 'post'] as const).map(
        (stage) => `[[tasks]]\nstage = "${stage}"\nname = "${stage}"\nprogram = "${task(stage)}"\ntimeoutSeconds = 60\nidempotent = true\n`,
      );
      const spec = `product = "uvs"\nversion = "2.14.${seq}"\nreleaseSeq = ${seq}\nservices = ["storage.service"]
brings = { uvs = "2.14.${seq}" }\n\n[[trees]]\nsource = "${tree}"\ndestination = "/"\n\n${tasks.join('\n')}`;
      return await cluster.buildRelease(`r${seq}`, spec);
    };
    const first = await cluster.uvsctl('push', await build(1), '--all', '--parallel', '4', '--reason', 'first installation', '--yes');
    t.equal(first.code, 0, first.stdout + first.stderr);
    lap('the first release, on all at once');
    await Promise.all([...bed.nodes.values()].map((node) => node.sh(`: > ${RECORD}; : > ${STARTS}`)));

    await node3.write('/run/hold', '');
    const bootBefore = await node1.read('/proc/sys/kernel/random/boot_id');
    await cluster.uvsctlOk('push', await build(2, '0.2.1'), '--role', 'osd', '--rolling', '--yes', '--detach');
    const newest = async (): Promise<{ readonly id: string; readonly state: string; readonly stateReason: string }> => {
      const { rollouts } = parseJson(rolloutsSchema, await cluster.uvsctlOk('--json', 'rollouts', 'list', '--limit', '1'));
      const [rollout] = rollouts;
      if (rollout === undefined) throw new Error('a rollout was created');
      return { ...rollout, id: rollout.name.replace('rollouts/', '') };
    };
    const { id } = await newest();
    const rebooting = cluster.uvsctl('reboot', '--node', 'node1', '--yes');
    await eventually(
      'the service of node3 is to start with the new release',
      async () => (await node3.exec(['test', '-e', '/run/waits'])).code === 0,
      STEP_MS,
    );
    t.equal(await node3.read('/opt/app/release'), '2\n', 'it is committed');
    const { slots } = parseJson(slotsSchema, await cluster.uvsctlOk('--json', 'slots', 'list'));
    t.match(slots, [{ hostname: 'node3', state: 'SLOT_STATE_BEGUN' }], 'and no other node has a slot');
    lap('node2 done, node3 in the middle');

    await node3.crash();
    await node3.boot();
    t.match(await node3.read(STARTS), /^(?:1\n)+$/u, 'the old files are back before its service starts');
    t.equal(await node3.must(['systemctl', 'show', '--value', '-p', 'Result', 'uvs-agent-recover']), 'success');
    t.ok(
      (await monotonicOf(node3, 'uvs-agent-recover', 'ExecMainExitTimestampMonotonic')) <=
        (await monotonicOf(node3, 'storage.service', 'InactiveExitTimestampMonotonic')),
      'recovery has ended before any service begins to start',
    );
    lap('node3 crashed and came back by its own boot');

    const watched = await cluster.uvsctl('rollouts', 'watch', id);
    t.equal(watched.code, 20, watched.stdout + watched.stderr);
    t.match(watched.stdout, /paused: node3 failed/u);
    const rebooted = await rebooting;
    t.equal(rebooted.code, 0, rebooted.stdout + rebooted.stderr);
    t.not(await node1.read('/proc/sys/kernel/random/boot_id'), bootBefore, 'node1 runs in another boot');
    lap('node1 rebooted through a slot');

    await cluster.uvsctlOk('rollouts', 'resume', id);
    const resumed = await cluster.uvsctl('rollouts', 'watch', id);
    t.equal(resumed.code, 0, resumed.stdout + resumed.stderr);
    await cluster.waitReady();
    lap('node3 again, and node4');

    for (const name of storage) {
      const node = bed.node(name);
      t.equal(await node.read('/opt/app/release'), '2\n', name);
      t.equal(await node.must(['readlink', `/${agentLayout.pointer}`]), '0.2.1', `${name} runs the agent of the release`);
      t.equal(await node.must(['systemctl', 'is-active', 'uvs-agent', 'storage']), 'active\nactive', name);
      t.match(await node.read(STARTS), /2\n$/u, `the service of ${name} was started with the new release`);
    }
    t.same(parseJson(slotsSchema, await cluster.uvsctlOk('--json', 'slots', 'list')).slots, [], 'all slots are free');
    const { nodes } = parseJson(nodesSchema, await cluster.uvsctlOk('--json', 'nodes', 'list'));
    t.same(Object.fromEntries(nodes.map(({ hostname, facts }) => [hostname, facts?.uvsVersion])), {
      node1: '2.14.1',
      node2: '2.14.2',
      node3: '2.14.2',
      node4: '2.14.2',
    });

    const record = join(dir, 'record');
    writeFileSync(record, (await Promise.all([...bed.nodes.values()].map((node) => node.read(RECORD)))).join(''));
    const disturbed = readDisturbances(record);
    t.equal(new Set(disturbed.map(({ node }) => node.split('/')[0])).size, 4, 'each node was disturbed');
    t.equal(mostNodesAtOnce(disturbed.map((one) => ({ ...one, node: one.node.split('/')[0] ?? '' }))), 1);
    t.comment(`most nodes disturbed at once: 1, over ${disturbed.length} disturbances`);
  },
);
