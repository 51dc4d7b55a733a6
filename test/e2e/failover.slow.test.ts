import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { etcdTls } from '../support/etcd-tls.ts';
import { startEtcd } from '../support/etcd.ts';
import { eventually } from '../support/eventually.ts';
import { mostAtOnce, readDisturbances } from '../support/overlaps.ts';
import { recordingRelease } from '../support/recording-release.ts';
import { eightNodes, SandboxCluster } from '../support/sandbox-cluster.ts';
import { parseJson, rolloutsSchema } from '../support/uvsctl-json.ts';

void t.test('the leader is killed in the middle of a rolling push and the second coordinator finishes it', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'uvs-e2e-'));
  const { tls, files } = await etcdTls(dir);
  await using etcd = await startEtcd({ members: 3, tls });
  const cluster = new SandboxCluster({ dir, nodes: eightNodes, etcd: { endpoints: etcd.endpoints, ...files } });
  const record = join(dir, 'record');
  writeFileSync(record, '');
  t.teardown(async () => {
    await cluster.stop();
    rmSync(dir, { recursive: true });
  });
  await cluster.start();
  const second = await cluster.addCoordinator('c2');
  await eventually('both coordinators are registered', async () => (await cluster.uvsctlOk('status')).includes('c2'));

  const file = await cluster.buildRelease('one', recordingRelease(dir, { version: '2.14.17', releaseSeq: 17, record, holdSeconds: 0.5 }));
  await cluster.uvsctlOk('push', file, '--all', '--rolling', '--yes', '--detach');
  await eventually('three nodes are through', () => readDisturbances(record).filter((d) => d.endedMs < Infinity).length >= 3, 60_000);
  const killedAt = performance.now();
  await cluster.coordinators[0]?.stop('SIGKILL');
  t.ok(second.isRunning);

  await eventually('the second leads', async () => /leader\s+c2/i.test((await cluster.uvsctl('status')).stdout), 60_000);
  t.comment(`new leader after ${((performance.now() - killedAt) / 1000).toFixed(1)} s`);
  const { rollouts } = parseJson(rolloutsSchema, await cluster.uvsctlOk('--json', 'rollouts', 'list'));
  const id = rollouts[0]?.name.replace('rollouts/', '') ?? '';
  const watched = await cluster.uvsctl('rollouts', 'watch', id);
  t.equal(watched.code, 0, watched.stderr + watched.stdout);

  const disturbed = readDisturbances(record);
  t.equal(new Set(disturbed.map((d) => d.node)).size, 8);
  t.equal(disturbed.length, 8, 'no node was disturbed twice');
  t.equal(mostAtOnce(disturbed), 1);
  t.comment(`rolling push with the leader killed: most disturbed at once ${mostAtOnce(disturbed)}`);
});
