import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { agentLayout } from '../../common/agent-layout.ts';
import { readProductVersion } from '../../common/product-version.ts';
import { eventually } from '../support/eventually.ts';
import { buildPackages } from '../support/packages.ts';
import { mustRun, type Finished } from '../support/programs.ts';
import { SandboxCluster } from '../support/sandbox-cluster.ts';
import { parseJson, rolloutsSchema } from '../support/uvsctl-json.ts';
import { BootedNodes, whyNoBootedNodes } from './booted-nodes.ts';

t.setTimeout(500_000);
const whyNot = whyNoBootedNodes();
if (whyNot !== undefined && process.env['CI'] === 'true') throw new Error(whyNot);
const project = fileURLToPath(new URL('../..', import.meta.url));
const LONG_MS = 240_000;
/** What a release of UVS is made of. */
const parts = ['', 'coordinator', 'cli'];

/** Lays the tree of a release as `make uvs-tree` does, of these programs under the name of another version. */
function layTree(tree: string, version: string, spoil: (program: string) => string = (program) => program): void {
  execFileSync(process.execPath, ['packaging/agent-tree.ts', tree, 'coordinator', 'cli'], { cwd: project, timeout: LONG_MS });
  const own = readProductVersion();
  const directory = join(tree, agentLayout.versions, version);
  renameSync(join(tree, agentLayout.versions, own), directory);
  for (const part of parts) {
    const path = join(directory, part, 'package.json');
    writeFileSync(path, readFileSync(path, 'utf8').replace(own, version));
  }
  const coordinator = join(directory, 'coordinator/lib/uvs-coordinator.js');
  writeFileSync(coordinator, spoil(readFileSync(coordinator, 'utf8')));
  unlinkSync(join(tree, agentLayout.pointer));
  symlinkSync(version, join(tree, agentLayout.pointer));
}

void t.test('one release brings agent, coordinator and command lines, or none of them', { skip: whyNot ?? false }, async (t) => {
  const beganMs = performance.now();
  const dir = mkdtempSync(join(tmpdir(), 'uvs-release-e2e-'));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  const folder = join(dir, 'debs');
  const names = ['uvs-runtime', 'uvs-agent', 'uvs-coordinator', 'uvs-cli'];
  const debs = await buildPackages(folder, { names, env: { FORMAT: 'deb' } });
  await using bed = await BootedNodes.start(1, { binds: [dir, '/usr/bin/etcd'] });
  const [node] = bed.nodes;
  if (node === undefined) throw new Error('one node was asked for');
  await using _report = {
    [Symbol.asyncDispose]: async () => {
      if (!t.passing()) t.comment((await node.exec(['journalctl', '-u', 'uvs-*', '-n', '60', '-o', 'cat'])).stdout);
    },
  };
  /** What the coordinator's service runs. */
  const running = async (): Promise<string> => {
    const pid = await node.must(['systemctl', 'show', '-P', 'MainPID', 'uvs-coordinator']);
    return await node.sh(`tr '\\0' ' ' </proc/${pid.trim()}/cmdline`);
  };
  const push = async (version: string, seq: number): Promise<Finished> => {
    const spec = `product = "uvs"\nversion = "${version}"\nreleaseSeq = ${seq}\nminAgent = "0.2.0"\nservices = ["uvs-coordinator.service"]
[brings]\nuvs = "${version}"\n[[trees]]\nsource = "${version}"\ndestination = "/"\n`;
    return await cluster.uvsctl('push', await cluster.buildRelease(version, spec), '--all', '--rolling', '--yes');
  };

  // it leads no node: one that is the only coordinator of its cluster can't be stopped by a release, for nobody would answer the agent
  await node.must(['dpkg', '--force-unsafe-io', '-i', ...debs.values()], { deadlineMs: LONG_MS });
  const cluster = new SandboxCluster({ dir, nodes: [{ hostname: 'node1', roles: ['osd'] }], host: bed.gateway });
  await using _cluster = { [Symbol.asyncDispose]: async () => await cluster.stop() };
  await cluster.startCoordinator();
  const addresses = ['--grpc', `${node.address}:7443`, '--https', `${node.address}:7444`];
  const etcd = ['--etcd', 'embedded', '--owner', 'uvs-coordinator'];
  await node.copyIn(join(dir, 'keys', 'root.json'), '/root');
  await node.must(['uvs-coordinator', 'init', '--name', 'x', '--id', 'c1', '--package-root', '/root/root.json', ...etcd, ...addresses]);
  await node.must(['systemctl', 'enable', '--now', 'uvs-coordinator']);
  const token = await mustRun('uvsctl', ['--credential', cluster.credential, 'join-tokens', 'create', '--uses', '1']);
  await node.write('/root/join.token', token, '600');
  await node.must(['uvs-agent', 'join', '--token-file', '/root/join.token', '--hostname', 'node1', '--roles', 'osd']);
  await node.must(['systemctl', 'enable', '--now', 'uvs-agent']);
  await cluster.waitReady();
  const released = '/usr/lib/uvs/coordinator/bin/../../agent/9.0.0/coordinator/lib/uvs-coordinator.js run';
  t.match(await running(), '/usr/lib/uvs/coordinator/bin/../../runtime/packaged/node');

  await t.test('all three go over to it', async (t) => {
    layTree(join(dir, '9.0.0'), '9.0.0');
    const pushed = await push('9.0.0', 1);
    t.equal(pushed.code, 0, pushed.stdout + pushed.stderr);
    t.match(await running(), released);
    for (const program of ['uvs-agent', 'uvs-coordinator', 'uvsctl', 'upd'])
      t.equal(await node.must([program, '--version']), '9.0.0', program);
    await cluster.waitReady();
    t.match(await cluster.uvsctlOk('nodes', 'show', 'node1'), /Agent +9\.0\.0/u);
  });

  await t.test('a coordinator that does not start takes the node back to the one before', async (t) => {
    layTree(join(dir, '9.1.0'), '9.1.0', () => 'process.exit(1);\n');
    const pushed = await push('9.1.0', 2);
    t.not(pushed.code, 0);
    t.match(pushed.stdout + pushed.stderr, /uvs-coordinator\.service|SERVICE_FAILED/u);
    t.match(await running(), released);
    t.equal(await node.must(['readlink', `/${agentLayout.pointer}`]), '9.0.0');
    t.equal((await node.exec(['test', '-e', `/${agentLayout.versions}/9.1.0`])).code, 1);
    const { rollouts } = parseJson(rolloutsSchema, await cluster.uvsctlOk('--json', 'rollouts', 'list', '--limit', '1'));
    const name = (rollouts[0]?.name ?? '').replace('rollouts/', '');
    await cluster.uvsctlOk('rollouts', 'abort', name, '--reason', 'the next case', '--yes');
    await cluster.waitReady();
  });

  await t.test('no rollback takes it back, for the agent would take back itself', async (t) => {
    layTree(join(dir, '9.2.0'), '9.2.0');
    const pushed = await push('9.2.0', 3);
    t.equal(pushed.code, 0, pushed.stdout + pushed.stderr);
    const back = await cluster.uvsctl('rollback', '--node', 'node1', '--reason', 'a test', '--yes');
    t.not(back.code, 0);
    t.match(back.stdout + back.stderr, /9\.2\.0 brought the agent 9\.2\.0, and no agent is taken back by itself/u);
    t.match(await running(), released.replace('9.0.0', '9.2.0'));
  });

  await t.test('with the agent goes what came beside it, and the coordinator goes over to its package’s', async (t) => {
    await node.must(['dpkg', '-P', 'uvs-agent'], { deadlineMs: LONG_MS });
    await eventually('the package’s coordinator runs', async () => (await running()).includes('/runtime/packaged/node'), LONG_MS);
    for (const program of ['uvs-coordinator', 'uvsctl']) t.equal(await node.must([program, '--version']), readProductVersion(), program);
  });
  t.comment(`a release of all of UVS on a booted node: ${((performance.now() - beganMs) / 1000).toFixed(1)} s`);
});
