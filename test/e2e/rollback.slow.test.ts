import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { mostAtOnce, readDisturbances } from '../support/overlaps.ts';
import { SandboxCluster } from '../support/sandbox-cluster.ts';
import { SandboxUnits } from '../support/sandbox-units.ts';
import { statePaths } from '../../agent/state-paths.ts';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { snapshot } from '../support/tree-snapshot.ts';
import { parseJson, slotsSchema } from '../support/uvsctl-json.ts';

const dir = mkdtempSync(join(tmpdir(), 'uvs-rollback-'));
const names = ['demo151', 'demo152', 'demo153'] as const;
const cluster = new SandboxCluster({ dir, nodes: names.map((hostname) => ({ hostname, roles: ['osd'] })) });
const record = join(dir, 'record');
const why = ['--reason', 'it eats memory'];

/** Each node has a service that the releases stop, which is what disturbs it. */
function prepare(hostname: string): void {
  const units = new SandboxUnits(join(dir, 'units', hostname), hostname, [{ name: 'app.service', state: 'active' }], record);
  const config = statePaths(cluster.nodeRoot(hostname)).config;
  mkdirSync(dirname(config), { recursive: true });
  writeFileSync(config, `sandboxSystemctl = ${JSON.stringify(units.systemctl)}\n`);
}

function build(seq: number, more = ''): Promise<string> {
  const tree = join(dir, `tree-${seq}`);
  mkdirSync(join(tree, 'opt'), { recursive: true });
  writeFileSync(join(tree, 'opt/release'), `2.14.${seq}\n`);
  writeFileSync(join(tree, `opt/only-${seq}`), 'x');
  return cluster.buildRelease(
    `r${seq}`,
    `product = "uvs"\nversion = "2.14.${seq}"\nreleaseSeq = ${seq}\nservices = ["app.service"]\n${more}\n[[trees]]\nsource = "${tree}"\ndestination = "/"\n`,
  );
}

const release = (name: string): string => readFileSync(join(cluster.nodeRoot(name), 'opt/release'), 'utf8').trim();
const snapshots = () => names.map((name) => snapshot(cluster.nodeRoot(name)).filter((line) => line.startsWith('opt')));

t.before(async () => {
  writeFileSync(record, '');
  for (const name of names) prepare(name);
  await cluster.start();
  await cluster.uvsctlOk('push', await build(16), '--all', '--rolling', '--yes');
});
t.teardown(async () => {
  if (!t.passing()) t.comment(cluster.logTails());
  await cluster.stop();
  rmSync(dir, { recursive: true });
});

void t.test('a release is taken back on all nodes, one at a time, and the second time there is nothing to go back to', async (t) => {
  const before = snapshots();
  const refused = await cluster.uvsctl('rollback', '--all', '--yes', ...why);
  t.match(refused, { code: 6, stderr: /demo151: 2\.14\.16 is the first release of uvs here/ });
  await cluster.uvsctlOk('push', await build(17), '--all', '--rolling', '--yes');
  t.match(await cluster.uvsctlOk('nodes', 'show', 'demo152'), /Way back +from 2\.14\.17: 2\.14\.16 is retained, /);
  t.match(await cluster.uvsctl('rollback', '--all', '--yes'), { code: 2, stderr: /it is not said why, which a rollback needs/ });

  const plan = await cluster.uvsctlOk('rollback', '--all', '--dry-run');
  t.match(plan, /demo151 +osd +2\.14\.17 +2\.14\.16/);
  t.strictSame(names.map(release), ['2.14.17', '2.14.17', '2.14.17'], 'a dry run changes nothing');
  writeFileSync(record, '');
  const back = await cluster.uvsctl('rollback', '--all', '--rolling', '--yes', ...why);
  t.equal(back.code, 0, back.stderr + back.stdout);
  t.match(back.stdout, /takes back 2\.14\.17/);
  t.strictSame(snapshots(), before, 'byte for byte');
  const disturbances = readDisturbances(record);
  t.strictSame(
    disturbances.map(({ node }) => node),
    names,
  );
  t.equal(mostAtOnce(disturbances), 1);
  t.strictSame(parseJson(slotsSchema, await cluster.uvsctlOk('--json', 'slots', 'list')).slots, []);
  t.match(await cluster.uvsctlOk('events', 'list', '--limit', '60'), /take back 2\.14\.17 on 3 nodes, rolling: it eats memory/);
  t.match(await cluster.uvsctl('rollback', '--all', '--yes', ...why), {
    code: 6,
    stderr: /2\.14\.17 was taken back, and of what was before/,
  });
  t.comment(`rollback over ${names.length} nodes: most disturbed at once ${mostAtOnce(disturbances)}`);
});

void t.test('the same release is brought again; half of the nodes go back, and of the others none goes back two releases', async (t) => {
  await cluster.uvsctlOk('push', join(dir, 'r17.upd'), '--all', '--rolling', '--yes');
  await cluster.uvsctlOk('push', await build(18), '--node', 'demo151', '--rolling', '--yes');
  t.match(await cluster.uvsctl('rollback', '--all', '--yes', ...why), {
    code: 2,
    stderr:
      /is not said which release is to be taken back; the selected nodes have 2\.14\.18 on 1 node \(back to 2\.14\.17\), 2\.14\.17 on 2 nodes \(back to 2\.14\.16\)/,
  });
  const back = await cluster.uvsctl('rollback', '2.14.18', '--all', '--yes', ...why);
  t.equal(back.code, 0, back.stderr + back.stdout);
  t.match(back.stdout, /demo152 .*skipped: does not have 2\.14\.18/);
  t.strictSame(names.map(release), ['2.14.17', '2.14.17', '2.14.17']);
});

void t.test('a file that was changed since is named, and its node keeps the release', async (t) => {
  appendFileSync(join(cluster.nodeRoot('demo152'), 'opt/release'), 'by hand\n');
  const back = await cluster.uvsctl('rollback', '2.14.17', '--node', 'demo152', '--yes', ...why);
  t.equal(back.code, 20, back.stderr + back.stdout);
  t.match(back.stdout, /demo152 failed: CONFLICT: changed on this node since 2\.14\.17 was installed: opt\/release/);
  t.match(release('demo152'), /^2\.14\.17/);
  const [rollout = ''] = /ro-[a-z0-9-]+/.exec(back.stdout) ?? [];
  await cluster.uvsctlOk('rollouts', 'abort', rollout, '--reason', 'it stays', '--yes');
});

void t.test('across the barrier of a release nobody goes back, and its sentence is what is said', async (t) => {
  const barrier = '\n[barrier]\nsentence = "OSDs of 19 write a format that 2.14.17 can not read"\noncePath = "/opt/only-19"\n';
  await cluster.uvsctlOk('push', await build(19, barrier), '--node', 'demo153', '--rolling', '--yes');
  for (const how of [['--dry-run'], ['--yes']]) {
    const refused = await cluster.uvsctl('rollback', '--node', 'demo153', ...how, ...why);
    t.match(refused, { code: 6, stderr: /demo153 cannot take back 2\.14\.19: can't go back from 2\.14\.19: OSDs of 19 write a format/ });
  }
  t.match(await cluster.uvsctlOk('nodes', 'show', 'demo153'), /Way back +none from 2\.14\.19: OSDs of 19 write/);
  t.equal(release('demo153'), '2.14.19');
});
