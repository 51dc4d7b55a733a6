import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { mostAtOnce, readDisturbances } from '../support/overlaps.ts';
import { recordingRelease } from '../support/recording-release.ts';
import { SandboxCluster, writeScript } from '../support/sandbox-cluster.ts';
import { snapshot } from '../support/tree-snapshot.ts';
import { parseJson, rolloutsSchema, slotsSchema } from '../support/uvsctl-json.ts';

const dir = mkdtempSync(join(tmpdir(), 'uvs-e2e-'));
const names = ['demo154', 'demo155', 'demo156'] as const;
type Name = (typeof names)[number];
const record = join(dir, 'record');
// with release 2.14.17 the storage of demo155 does not come back
const gate = writeScript(
  join(dir, 'storage.sh'),
  `#!/bin/sh
[ "$UVS_MOMENT $UVS_NODE_NAME" = "after demo155" ] || exit 0
grep -q 2.14.17 "${dir}/nodes/demo155/etc/uvs/release" || exit 0
echo "osd.5 does not come up"
exit 1
`,
);
const cluster = new SandboxCluster({
  dir,
  nodes: names.map((hostname) => ({ hostname, roles: ['osd'] })),
  coordinatorConfig: `[[gate]]\nkind = "command"\nname = "storage"\nargv = ["${gate}"]\n`,
});

t.before(async () => {
  writeFileSync(record, '');
  await cluster.start();
  await cluster.uvsctlOk('push', await build(16), '--all', '--parallel', '3', '--reason', 'first installation', '--yes');
});
t.teardown(async () => {
  if (!t.passing()) t.comment(cluster.logTails());
  await cluster.stop();
  rmSync(dir, { recursive: true });
});

function build(seq: number): Promise<string> {
  return cluster.buildRelease(`r${seq}`, recordingRelease(dir, { version: `2.14.${seq}`, releaseSeq: seq, record, holdSeconds: 0 }));
}

const release = (name: Name): string => readFileSync(join(cluster.nodeRoot(name), 'etc/uvs/release'), 'utf8').trim();

void t.test('a node whose storage does not come back goes back to what it was, and the others go on', async (t) => {
  writeFileSync(record, '');
  const before = snapshot(cluster.nodeRoot('demo155'));
  const policy = ['--roll-back-after', '3s', '--on-failure', 'continue', '--max-failures', '1', '--canary', 'demo156'];
  const { code, stdout } = await cluster.uvsctl('push', await build(17), '--all', '--rolling', '--yes', ...policy);
  t.equal(code, 20, stdout);
  t.match(stdout, /Order: 1 canary; 2 osd\./u);
  const [rollout] = parseJson(rolloutsSchema, await cluster.uvsctlOk('--json', 'rollouts', 'list', '--limit', '1')).rollouts;
  t.match(rollout?.stateReason, /^all other nodes are done, 1 failed: demo155 failed: .*it was not healthy within 3 s: .*osd\.5/u);
  t.strictSame(names.map(release), ['2.14.17', '2.14.16', '2.14.17']);
  t.strictSame(snapshot(cluster.nodeRoot('demo155')), before, 'byte for byte');
  const disturbances = readDisturbances(record);
  t.equal(disturbances[0]?.node, 'demo156', 'the canary went first');
  t.equal(mostAtOnce(disturbances), 1);
  t.strictSame(parseJson(slotsSchema, await cluster.uvsctlOk('--json', 'slots', 'list')).slots, [], 'with what it had it is healthy');
});
