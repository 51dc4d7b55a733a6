import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import t from 'tap';
import { agentLayout } from '../../common/agent-layout.ts';
import { AgentPrograms, layAgentTree, type AgentVersion } from '../support/agent-versions.ts';
import { eventually } from '../support/eventually.ts';
import { buildPackages } from '../support/packages.ts';
import { mustRun } from '../support/programs.ts';
import { SandboxCluster } from '../support/sandbox-cluster.ts';
import { parseJson, rolloutsSchema } from '../support/uvsctl-json.ts';
import type { BootedNode } from './booted-node.ts';
import { BootedNodes, whyNoBootedNodes } from './booted-nodes.ts';
import type { Finished } from './node-shell.ts';

t.setTimeout(500_000);
const whyNot = whyNoBootedNodes();
if (whyNot !== undefined && process.env['CI'] === 'true') throw new Error(whyNot);

/** A node with the .deb, enrolled, its agent a service; and the cluster that it is in. */
class Bed implements AsyncDisposable {
  readonly #stack = new AsyncDisposableStack();
  readonly dir = mkdtempSync(join(tmpdir(), 'uvs-nodes-e2e-'));
  readonly #programs = join(this.dir, 'programs');
  #debs: readonly string[] = [];
  #seq = 0;
  #made: { node: BootedNode; cluster: SandboxCluster; programs: AgentPrograms } | undefined;

  static async start(): Promise<Bed> {
    const bed = new Bed();
    await bed.#start();
    return bed;
  }

  get parts() {
    if (this.#made === undefined) throw new Error('it was not started');
    return this.#made;
  }

  async #start(): Promise<void> {
    this.#stack.defer(() => rmSync(this.dir, { recursive: true, force: true }));
    mkdirSync(this.#programs);
    const programs = await AgentPrograms.make(this.#programs);
    const debs = join(this.dir, 'debs');
    this.#debs = [...(await buildPackages(debs, { names: ['uvs-runtime', 'uvs-agent'], env: { FORMAT: 'deb' } })).values()];
    const nodes = this.#stack.use(await BootedNodes.start(1, { binds: [this.#programs, dirname(process.execPath), debs] }));
    const [node] = nodes.nodes;
    if (node === undefined) throw new Error('one node was asked for');
    const cluster = new SandboxCluster({ dir: this.dir, nodes: [{ hostname: 'node1', roles: ['osd'] }], host: nodes.gateway });
    this.#stack.defer(() => cluster.stop());
    await cluster.startCoordinator();
    await node.must(['dpkg', '-i', ...this.#debs], { deadlineMs: 120_000 });
    const token = await mustRun('uvsctl', ['--credential', cluster.credential, 'join-tokens', 'create', '--uses', '1']);
    await node.write('/root/join.token', token, '600');
    await node.must(['uvs-agent', 'join', '--token-file', '/root/join.token', '--hostname', 'node1', '--roles', 'osd']);
    this.#made = { node, cluster, programs };
    await this.confirmWithin(20);
    await node.must(['systemctl', 'enable', '--now', 'uvs-agent']);
    await cluster.waitReady();
  }

  async confirmWithin(seconds: number): Promise<void> {
    const { node } = this.parts;
    await node.write('/etc/uvs/agent.toml', `handoverSeconds = ${seconds}\n`);
    await node.exec(['systemctl', 'try-restart', 'uvs-agent']);
  }

  async build(agent: AgentVersion): Promise<string> {
    this.#seq += 1;
    const name = `r${this.#seq}`;
    layAgentTree(join(this.dir, name), agent);
    const spec = `product = "uvs"\nversion = "2.14.${this.#seq}"\nreleaseSeq = ${this.#seq}\nbrings = { uvs = "2.14.${this.#seq}" }
[[trees]]\nsource = "${name}"\ndestination = "/"\n`;
    return await this.parts.cluster.buildRelease(name, spec);
  }

  /** Installs the packages once more, as an upgrade does. */
  async installAgain(): Promise<Finished> {
    return await this.parts.node.exec(['dpkg', '-i', ...this.#debs], { deadlineMs: 120_000 });
  }

  async pointer(): Promise<string> {
    return await this.parts.node.must(['readlink', `/${agentLayout.pointer}`]);
  }

  /** Ends the rollout that a failure has paused. */
  async abort(): Promise<void> {
    const { cluster } = this.parts;
    const { rollouts } = parseJson(rolloutsSchema, await cluster.uvsctlOk('--json', 'rollouts', 'list', '--limit', '1'));
    await cluster.uvsctlOk('rollouts', 'abort', (rollouts[0]?.name ?? '').replace('rollouts/', ''), '--reason', 'the next case', '--yes');
    await cluster.waitReady();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack[Symbol.asyncDispose]();
  }
}

void t.test(
  'on a machine with systemd an agent is replaced, and comes back where the new one does not take over',
  { skip: whyNot ?? false },
  async (t) => {
    await using bed = await Bed.start();
    const { node, cluster, programs } = bed.parts;
    t.teardown(async () => {
      if (!t.passing()) t.comment((await node.exec(['journalctl', '-u', 'uvs-agent', '-n', '60', '-o', 'cat'])).stdout);
    });

    const good = await cluster.uvsctl(
      'push',
      await bed.build({ name: '0.2.1', program: programs.good('next') }),
      '--all',
      '--rolling',
      '--yes',
    );
    t.equal(good.code, 0, good.stdout + good.stderr);
    t.equal(await bed.pointer(), '0.2.1');
    t.equal(await node.must(['systemctl', 'is-active', 'uvs-agent']), 'active');

    // it is the launcher's child as yet: systemd has to notice its death all the same
    await node.sh(
      'for p in /proc/[0-9]*; do if tr "\\0" " " < $p/cmdline | grep -q "[l]ib/uvs-agent.js run"; then kill -9 "${p#/proc/}"; fi; done',
    );
    await eventually(
      'it is started anew',
      async () => (await node.must(['systemctl', 'show', '-p', 'NRestarts', 'uvs-agent'])) === 'NRestarts=2',
      30_000,
    );
    await cluster.waitReady();

    const broken: readonly (readonly [program: string, said: RegExp])[] = [
      ['process.exit(3);', /paused: node1 failed: .*the new agent 0\.2\.2 did not take over: ended with status 3 before it had confirmed/],
      [
        'setInterval(() => undefined, 1000);',
        /paused: node1 failed: .*the new agent 0\.2\.2 did not take over: did not confirm within 20 s/,
      ],
    ];
    for (const [program, said] of broken) {
      const pushed = await cluster.uvsctl('push', await bed.build({ name: '0.2.2', program }), '--all', '--rolling', '--yes');
      t.equal(pushed.code, 20, pushed.stdout + pushed.stderr);
      t.match(pushed.stdout, said);
      t.equal(await bed.pointer(), '0.2.1');
      t.equal((await node.exec(['test', '-e', `/${agentLayout.versions}/0.2.2`])).code, 1, 'nothing is left of it');
      await bed.abort();
    }

    await bed.confirmWithin(120);
    await cluster.waitReady();
    const waits = `const { existsSync } = await import('node:fs');
while (!existsSync('/root/go')) await new Promise((resolve) => setTimeout(resolve, 100));
${programs.good('held')}`;
    await cluster.uvsctlOk('push', await bed.build({ name: '0.2.3', program: waits }), '--all', '--rolling', '--yes', '--detach');
    // the agent before reserves the file; each start adds a line
    const starts = async (): Promise<string> =>
      (await node.exec(['wc', '-l', '/var/lib/uvs-agent/handover.starts'])).stdout.split(' ')[0] ?? '';
    await eventually('the new agent is tried', async () => (await starts()) === '1', 60_000);
    const refused = await bed.installAgain();
    t.not(refused.code, 0);
    t.equal(refused.stderr.match(/a release is replacing the agent on this node: try again once it is done/gu)?.length, 2, refused.stderr);
    await node.crash();
    // the boot is over once the agent is ready
    const booted = node.boot();
    await eventually('it is tried again', async () => (await starts()) === '2', 30_000);
    await node.write('/root/go', '');
    await booted;
    const { rollouts } = parseJson(rolloutsSchema, await cluster.uvsctlOk('--json', 'rollouts', 'list', '--limit', '1'));
    const watched = await cluster.uvsctl('rollouts', 'watch', (rollouts[0]?.name ?? '').replace('rollouts/', ''));
    t.equal(watched.code, 0, watched.stdout + watched.stderr);
    t.equal(await bed.pointer(), '0.2.3');
    const versions = await node.must(['ls', `/${agentLayout.versions}`]);
    t.same(versions.split('\n'), ['0.2.1', '0.2.3', 'current', 'deb-0.2.0', 'packaged'], 'the one before stays, and the package’s own');

    const upgraded = await bed.installAgain();
    t.equal(upgraded.code, 0, upgraded.stderr);
    t.match(upgraded.stderr, /the agent 0\.2\.3, which a release has brought, goes on; this package has 0\.2\.0/u);
    t.equal(await bed.pointer(), '0.2.3');
    await cluster.waitReady();
  },
);
