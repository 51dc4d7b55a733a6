import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { mostAtOnce, readDisturbances } from '../support/overlaps.ts';
import { recordingRelease } from '../support/recording-release.ts';
import { SandboxCluster, type SandboxOptions } from '../support/sandbox-cluster.ts';
import { nodesSchema, parseJson } from '../support/uvsctl-json.ts';
import { previousCommit, previousPrograms } from './previous-programs.ts';

t.setTimeout(400_000);
const previous = previousPrograms();
const nodes = [
  { hostname: 'demo154', roles: ['osd'] },
  { hostname: 'demo155', roles: ['mds'] },
];

/** A cluster of which some programs are the previous ones takes a release, and one that fails goes back. */
async function push(t: Test, older: NonNullable<SandboxOptions['older']>): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'uvs-skew-'));
  const record = join(dir, 'record');
  writeFileSync(record, '');
  const cluster = new SandboxCluster({ dir, nodes, older });
  t.teardown(async () => {
    if (!t.passing()) t.comment(cluster.logTails());
    await cluster.stop();
    rmSync(dir, { recursive: true });
  });
  await cluster.start();
  for (const program of ['uvs-coordinator', 'uvs-agent'] as const) {
    const daemons = program === 'uvs-agent' ? [...cluster.agents.values()] : cluster.coordinators;
    for (const { name, pid } of daemons) {
      const isOlder = readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(previous);
      t.equal(isOlder, older.programs.includes(program), `${name} runs ${isOlder ? 'the previous' : 'the present'} ${program}`);
    }
  }
  const build = (seq: number, post: string): Promise<string> =>
    cluster.buildRelease(`r${seq}`, recordingRelease(dir, { version: `2.14.${seq}`, releaseSeq: seq, record, holdSeconds: 0, post }));
  const pushed = await cluster.uvsctl('push', await build(1, ':'), '--all', '--rolling', '--yes');
  t.equal(pushed.code, 0, pushed.stdout + pushed.stderr);
  const disturbed = readDisturbances(record);
  t.same(new Set(disturbed.map(({ node }) => node)), new Set(nodes.map(({ hostname }) => hostname)));
  t.equal(mostAtOnce(disturbed), 1);
  const { nodes: listed } = parseJson(nodesSchema, await cluster.uvsctlOk('--json', 'nodes', 'list'));
  t.same(new Set(listed.map((node) => node.facts?.uvsVersion)), new Set(['2.14.1']));
  const failed = await cluster.uvsctl('push', await build(2, 'exit 3'), '--all', '--rolling', '--yes');
  t.equal(failed.code, 20, failed.stdout + failed.stderr);
  t.match(failed.stdout, /paused: demo15\d failed: TASK_FAILED/);
  t.comment(
    `programs of ${previousCommit.slice(0, 12)} as ${older.programs.join(', ')}: rolling push, most disturbed at once ${mostAtOnce(disturbed)}`,
  );
}

void t.test('agents N−1 work with a coordinator N', (t) => push(t, { bin: join(previous, 'bin'), programs: ['uvs-agent'] }));

void t.test('agents N work with a coordinator N−1', (t) => push(t, { bin: join(previous, 'bin'), programs: ['uvs-coordinator'] }));
