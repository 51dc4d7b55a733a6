import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { mostNodesAtOnce, readDisturbances } from '../support/overlaps.ts';
import { parseJson, rolloutsSchema, slotsSchema } from '../support/uvsctl-json.ts';
import type { BootedNode } from './booted-node.ts';
import { whyNoBootedNodes } from './booted-nodes.ts';
import { giveSsd, mountSsd } from './loop-ssd.ts';
import { ServiceCluster } from './service-cluster.ts';

t.setTimeout(900_000);
const whyNot = whyNoBootedNodes();
if (whyNot !== undefined && process.env['CI'] === 'true') throw new Error(whyNot);

const directory = '/var/lib/counter';
/** From when to when the service was down, by the uptime that all booted nodes share. */
const RECORD = '/var/lib/record';
const stamp = `#!/bin/sh
echo "$1 $(hostname)/service $(awk '{printf "%d", $1 * 1000}' /proc/uptime)" >>${RECORD}
`;
/** Writes all the time, and does not begin without what it wrote before; where there is a file `bad`, not on the SSD either. */
const service = `[Service]
ExecStartPre=/usr/local/sbin/stamp end
ExecStart=/bin/sh -c '[ -e ${directory}/bad ] && mountpoint -q ${directory} && exit 1; while :; do n=$(($(cat ${directory}/count) + 1)); echo $n >${directory}/count.new; mv ${directory}/count.new ${directory}/count; sleep 0.2; done'
ExecStop=/usr/local/sbin/stamp begin
`;

async function haveCounter(node: BootedNode): Promise<void> {
  await node.write('/usr/local/sbin/stamp', stamp, '755');
  await node.write('/etc/systemd/system/counter.service', service);
  await giveSsd(node);
  await mountSsd(node);
  await node.sh(`mkdir -p ${directory}; echo 1 >${directory}/count; systemctl start counter; : >${RECORD}`);
}

void t.test(
  'a directory of a service is brought to the SSD of one booted node after the other, put back and confirmed',
  { skip: whyNot ?? false },
  async (t) => {
    const dir = mkdtempSync(join(tmpdir(), 'uvs-nodes-m2-'));
    t.teardown(() => rmSync(dir, { recursive: true, force: true }));
    await using bed = await ServiceCluster.start({
      dir,
      nodes: ['node1', 'node2'].map((hostname) => ({ hostname, roles: ['osd'] })),
      agentConfig: 'services = ["counter.service"]\n',
      prepare: haveCounter,
    });
    const { cluster } = bed;
    const nodes = [...bed.nodes.values()];
    await using report = new AsyncDisposableStack();
    report.defer(async () => {
      if (t.passing()) return;
      t.comment(cluster.logTails(30));
      for (const node of nodes) t.comment((await node.exec(['journalctl', '-u', 'uvs-agent*', '-n', '60', '-o', 'cat'])).stdout);
    });
    const count = async (node: BootedNode) => Number(await node.sh(`cat ${directory}/count`));
    const isMounted = async (node: BootedNode) => (await node.exec(['mountpoint', '-q', directory])).code === 0;
    const m2 = async (...args: readonly string[]) => await cluster.uvsctl('m2', ...args, '--yes');
    const abortLast = async () => {
      const { rollouts } = parseJson(rolloutsSchema, await cluster.uvsctlOk('--json', 'rollouts', 'list', '--limit', '1'));
      const id = (rollouts[0]?.name ?? '').replace('rollouts/', '');
      await cluster.uvsctlOk('rollouts', 'abort', id, '--reason', 'a test', '--yes');
    };
    const slots = async () => parseJson(slotsSchema, await cluster.uvsctlOk('--json', 'slots', 'list')).slots;

    await t.test('what a node refuses, it refuses without being disturbed', async (t) => {
      const refused = await m2('migrate', '/var/lib/nowhere', '--unit', 'counter', '--node', 'node1');
      t.not(refused.code, 0);
      t.match(refused.stdout + refused.stderr, /there is no such directory/);
      await abortLast();
      const [node] = nodes;
      t.equal(await node?.sh(`cat ${RECORD}`), '', 'the service was not stopped');
    });

    await t.test('where the service does not run from the SSD all is put back, and the next node is left alone', async (t) => {
      const [first, second] = nodes;
      if (first === undefined || second === undefined) throw new Error('two nodes were asked for');
      await first.sh(`touch ${directory}/bad`);
      const before = await count(first);
      const failed = await m2('migrate', directory, '--unit', 'counter', '--role', 'osd');
      t.not(failed.code, 0);
      t.match(failed.stdout + failed.stderr, /counter was not brought to the SSD, and is as before: counter\.service does not run/);
      t.equal(await isMounted(first), false);
      t.equal(await first.sh('systemctl is-active counter'), 'active');
      t.ok((await count(first)) > before);
      t.equal(await first.sh('ls -A /m2/uvs/var/lib; ls /m2/uvs/.undone'), 'var-lib-counter', 'it is set aside, and no half of it is left');
      t.equal(await second.sh(`cat ${RECORD}`), '', 'its service was not stopped');
      await abortLast();
      t.same(await slots(), []);
      await first.sh(`rm ${directory}/bad; : >${RECORD}`);
    });

    await t.test('it goes through slots, one node at a time, and the services count on', async (t) => {
      const before = await Promise.all(nodes.map(count));
      const moved = await m2('migrate', directory, '--unit', 'counter', '--role', 'osd');
      t.equal(moved.code, 0, moved.stdout + moved.stderr);
      for (const [at, node] of nodes.entries()) {
        t.equal(await isMounted(node), true, node.name);
        t.ok((await count(node)) > (before[at] ?? 0), node.name);
      }
      const record = (await Promise.all(nodes.map((node) => node.sh(`cat ${RECORD}`)))).join('\n');
      const file = join(dir, 'record');
      writeFileSync(file, record);
      t.equal(mostNodesAtOnce(readDisturbances(file)), 1, record);
      t.same(await slots(), [], 'all slots are free');
    });

    await t.test('on one it is put back, on the other the old one is removed', async (t) => {
      const [first, second] = nodes;
      if (first === undefined || second === undefined) throw new Error('two nodes were asked for');
      const undone = await m2('undo', directory, '--node', first.name);
      t.equal(undone.code, 0, undone.stdout + undone.stderr);
      t.equal(await isMounted(first), false);
      t.equal(await first.sh('systemctl is-active counter'), 'active');
      const confirmed = await m2('confirm', directory, '--node', second.name);
      t.equal(confirmed.code, 0, confirmed.stdout + confirmed.stderr);
      t.equal(await isMounted(second), true);
      await second.sh('systemctl stop counter var-lib-counter.mount');
      t.equal(await second.sh(`ls -A ${directory}`), '', 'nothing is below the mount');
      await second.sh('systemctl start counter');
      t.same(await slots(), []);
    });
  },
);
