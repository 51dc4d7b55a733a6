import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { parseCredential } from '../../common/credential.ts';
import { CoordinatorClient } from '../../common/rpc/client.ts';
import { loadDefinition } from '../../proto/load.ts';
import { errorOf } from '../support/failure.ts';
import { mostAtOnce, readDisturbances } from '../support/overlaps.ts';
import { recordingRelease } from '../support/recording-release.ts';
import { eightNodes, SandboxCluster } from '../support/sandbox-cluster.ts';
import { nodesSchema, operationsSchema, parseJson } from '../support/uvsctl-json.ts';

const dir = mkdtempSync(join(tmpdir(), 'uvs-e2e-'));
const cluster = new SandboxCluster({ dir, nodes: eightNodes });
const record = join(dir, 'record');
writeFileSync(record, '');

t.before(() => cluster.start());
t.teardown(async () => {
  await cluster.stop();
  rmSync(dir, { recursive: true });
});

void t.test('a rolling push reaches all eight nodes, in role order, and no two are ever disturbed at once', async (t) => {
  const file = await cluster.buildRelease(
    'one',
    recordingRelease(dir, { version: '2.14-16.20200317', releaseSeq: 16, record, holdSeconds: 0.3 }),
  );
  const pushed = await cluster.uvsctl('push', file, '--all', '--rolling', '--yes');
  t.equal(pushed.code, 0, pushed.stderr + pushed.stdout);
  const disturbed = readDisturbances(record);
  t.equal(disturbed.length, 8);
  t.equal(mostAtOnce(disturbed), 1);
  t.same(
    disturbed.map((d) => d.node),
    eightNodes.map((node) => node.hostname),
    'monitors first, then storage, then the metadata server',
  );
  const { nodes } = parseJson(nodesSchema, await cluster.uvsctlOk('--json', 'nodes', 'list'));
  t.same(new Set(nodes.map((node) => node.facts?.uvsVersion)), new Set(['2.14-16.20200317']));
  t.comment(`rolling push over 8 nodes: most disturbed at once ${mostAtOnce(disturbed)}`);
});

void t.test('a parallel push stays within its budget and leaves the majority of the monitors up', async (t) => {
  writeFileSync(record, '');
  const file = await cluster.buildRelease('two', recordingRelease(dir, { version: '2.14.17', releaseSeq: 17, record, holdSeconds: 1 }));
  const pushed = await cluster.uvsctl('push', file, '--all', '--parallel', '3', '--reason', 'first installation', '--yes');
  t.equal(pushed.code, 0, pushed.stderr + pushed.stdout);
  const disturbed = readDisturbances(record);
  t.equal(disturbed.length, 8);
  t.ok(mostAtOnce(disturbed) <= 3, `at most 3, were ${mostAtOnce(disturbed)}`);
  t.ok(mostAtOnce(disturbed) >= 2, 'and more than one at a time, or it was not parallel');
  const monitors = new Set(eightNodes.filter((node) => node.roles.includes('mon')).map((node) => node.hostname));
  t.equal(mostAtOnce(disturbed.filter((d) => monitors.has(d.node))), 1, 'one of three monitors at a time');
  t.comment(`parallel push over 8 nodes, budget 3: most disturbed at once ${mostAtOnce(disturbed)}`);
});

void t.test('a second push of the same release has nothing to do and says so', async (t) => {
  const pushed = await cluster.uvsctl('push', '2.14.17', '--all', '--rolling', '--yes');
  t.equal(pushed.code, 0, pushed.stderr);
  t.equal(pushed.stdout, 'all 8 nodes have 2.14.17 already: nothing to do\n');
  using client = new CoordinatorClient(parseCredential(readFileSync(cluster.credential, 'utf8'), cluster.credential), {
    definition: loadDefinition(),
  });
  const spec = { package: 'packages/2.14.17', selector: { all: true }, mode: 'ROLLOUT_MODE_ROLLING' } as const;
  for (const validateOnly of [true, false]) {
    const created = client.call('uvs.v1.RolloutService', 'CreateRollout', { spec, validateOnly, requestId: '' });
    t.match(
      await errorOf(created),
      { reason: 'RELEASE_NOT_NEWER', message: /already has 2\.14\.17/ },
      'a rollout that would do nothing is refused',
    );
  }
});

void t.test('the output of an operation says with each line in which phase it was written', async (t) => {
  const listed = await cluster.uvsctlOk('--json', 'operations', 'list', '--node', 'demo151', '--limit', '1');
  const id = parseJson(operationsSchema, listed).operations[0]?.name ?? '';
  const lines = (await cluster.uvsctlOk('operations', 'logs', id)).trimEnd().split('\n');
  t.match(lines[0], /^fetching\| Opening the package$/);
  t.ok(lines.some((line) => line.startsWith('confirming| ')));
  t.match(lines.at(-1), /^done\| .* is retained /);
  for (const line of lines) t.match(line, /^[a-z]+\| /);
});
