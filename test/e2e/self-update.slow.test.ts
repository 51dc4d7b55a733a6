import { existsSync, mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { agentLayout } from '../../common/agent-layout.ts';
import { AgentPrograms, installPackaged, layAgentTree, type AgentVersion } from '../support/agent-versions.ts';
import { eventually } from '../support/eventually.ts';
import { mostAtOnce, readDisturbances } from '../support/overlaps.ts';
import { launch } from '../support/launched-node.ts';
import { recordingRelease } from '../support/recording-release.ts';
import { SandboxCluster, writeScript } from '../support/sandbox-cluster.ts';
import { SupervisedAgent } from '../support/supervised-agent.ts';
import { snapshot } from '../support/tree-snapshot.ts';
import { nodesSchema, parseJson, rolloutsSchema, slotsSchema } from '../support/uvsctl-json.ts';

t.setTimeout(400_000);
const dir = mkdtempSync(join(tmpdir(), 'uvs-e2e-'));
const record = join(dir, 'record');
const nodes = ['demo154', 'demo155', 'demo156'].map((hostname) => ({ hostname, roles: ['osd'] }));
const cluster = new SandboxCluster({ dir, nodes });
mkdirSync(join(dir, 'programs'));
const programs = await AgentPrograms.make(join(dir, 'programs'));
const agents = new Map<string, SupervisedAgent>();
let seq = 0;

t.before(async () => {
  writeFileSync(record, '');
  await cluster.startCoordinator();
  await cluster.enrolNodes();
  for (const { hostname } of nodes) {
    const root = cluster.nodeRoot(hostname);
    installPackaged(root, { name: 'deb-1', program: programs.good('packaged') });
    mkdirSync(join(root, 'etc/uvs'), { recursive: true });
    writeFileSync(join(root, 'etc/uvs/agent.toml'), 'handoverSeconds = 30\n');
    const agent = new SupervisedAgent(root);
    agents.set(hostname, agent);
    agent.start();
  }
  await cluster.waitReady();
});
t.teardown(async () => {
  if (!t.passing()) for (const [name, agent] of agents) t.comment(`${name}: ${agent.log().slice(-3000)}`);
  await Promise.all([...agents.values()].map((agent) => agent.stop()));
  await cluster.stop();
  rmSync(dir, { recursive: true });
});

/** Builds a release that brings the agent, and records when its nodes are disturbed. */
async function build(agent: AgentVersion): Promise<string> {
  seq += 1;
  const version = `2.14.${seq}`;
  const tree = join(dir, `agent-${seq}`);
  layAgentTree(tree, agent);
  const extra = `[[trees]]\nsource = "agent-${seq}"\ndestination = "/"\n`;
  return await cluster.buildRelease(`r${seq}`, recordingRelease(dir, { version, releaseSeq: seq, record, holdSeconds: 0, extra }));
}

const pointerOf = (hostname: string): string | undefined => {
  const pointer = join(cluster.nodeRoot(hostname), agentLayout.pointer);
  return existsSync(pointer) ? readlinkSync(pointer) : undefined;
};
const shown = async (hostname: string): Promise<string> => await cluster.uvsctlOk('nodes', 'show', hostname);
const slotsAreFree = async (): Promise<boolean> =>
  parseJson(slotsSchema, await cluster.uvsctlOk('--json', 'slots', 'list')).slots.length === 0;

void t.test('a rolling push brings a new agent to every node, one after the other, and the cluster shows it', async (t) => {
  const pushed = await cluster.uvsctl(
    'push',
    await build({ name: '0.2.1', program: programs.good('next') }),
    '--all',
    '--rolling',
    '--yes',
  );
  t.equal(pushed.code, 0, pushed.stdout + pushed.stderr);
  const disturbed = readDisturbances(record);
  t.same(
    disturbed.map(({ node }) => node),
    nodes.map(({ hostname }) => hostname),
  );
  t.equal(mostAtOnce(disturbed), 1);
  for (const { hostname } of nodes) {
    t.equal(pointerOf(hostname), '0.2.1');
    t.match(agents.get(hostname)?.log(), /"to":"0\.2\.1".*another agent goes on/);
  }
  t.comment(`self-updating rolling push over ${nodes.length} nodes: most disturbed at once ${mostAtOnce(disturbed)}`);
});

void t.test('a new agent that reaches no coordinator, where the old one did, is given up: the rollout pauses after one node', async (t) => {
  const old = snapshot(cluster.nodeRoot('demo154'));
  writeFileSync(record, '');
  const deaf = { name: '0.2.2', program: programs.broken('"uvs.agent.v1.AgentService", "Session"', '"uvs.agent.v1.Nobody", "Session"') };
  const pushed = await cluster.uvsctl('push', await build(deaf), '--all', '--rolling', '--yes');
  t.equal(pushed.code, 20, pushed.stdout + pushed.stderr);
  t.match(pushed.stdout, /paused: demo154 failed: .*contact with a coordinator, which the agent before had, did not come within 15 s/);
  t.strictSame(snapshot(cluster.nodeRoot('demo154')), old, 'it is all old');
  t.equal(pointerOf('demo154'), '0.2.1');
  t.equal(pointerOf('demo155'), '0.2.1');
  t.ok(await slotsAreFree());
  t.match(await shown('demo154'), /Agent +0\.2\.0/);
});

void t.test('a new agent whose coordinators are away all the while takes over without one, and its end is heard later', async (t) => {
  const agent = agents.get('demo155');
  const [coordinator] = cluster.coordinators;
  if (agent === undefined || coordinator === undefined) throw new Error('they were started');
  const { rollouts } = parseJson(rolloutsSchema, await cluster.uvsctlOk('--json', 'rollouts', 'list', '--limit', '1'));
  await cluster.uvsctlOk('rollouts', 'abort', (rollouts[0]?.name ?? '').replace('rollouts/', ''), '--reason', 'the next case', '--yes');
  await eventually(
    'nothing is open on it any more',
    async () => !(await launch(cluster.nodeRoot('demo155'), ['status'])).output.includes('staged'),
  );
  const file = await build({ name: '0.2.3', program: programs.good('another') });
  await agent.stop();
  await coordinator.stop();
  const root = cluster.nodeRoot('demo155');
  const identity = join(dir, 'c1', 'package-identity.age');
  const args = ['apply', file, '--no-slot', '--reason', 'a test', '--identity', identity];
  const { code, output } = await launch(root, args);
  t.equal(code, 0, output);
  t.equal(pointerOf('demo155'), '0.2.3');
  agent.start();
  coordinator.start();
  const version = `2.14.${seq}`;
  await eventually('the cluster knows of it', async () => (await shown('demo155')).includes(version), 60_000);
  const { nodes: listed } = parseJson(nodesSchema, await cluster.uvsctlOk('--json', 'nodes', 'list'));
  t.equal(listed.find(({ hostname }) => hostname === 'demo155')?.facts?.uvsVersion, version);
});

void t.test(
  'coordinators that are away from the commit on keep no new agent from taking over; once they are back it goes on',
  async (t) => {
    await handOverAlone({ name: '0.2.4', program: programs.good('alone') });
    cluster.coordinators[0]?.start();
    await eventually('the rollout has succeeded', async () => (await lastRollout()).state === 'ROLLOUT_STATE_SUCCEEDED', 60_000);
    t.equal(pointerOf('demo156'), '0.2.4');
    t.match(readFileSync(record, 'utf8'), /end demo156/);
    t.ok(await slotsAreFree());
    t.match(await shown('demo156'), /brought the agent 0\.2\.4/);
  },
);

void t.test(
  'where they stay away, nobody says that the slot still holds: all goes back, the agent as well, which tells it later',
  async (t) => {
    const old = snapshot(cluster.nodeRoot('demo156'));
    await handOverAlone({ name: '0.2.5', program: programs.good('alone for long') });
    const { length } = agents.get('demo156')?.log() ?? '';
    const isBack = (): boolean => /"outcome":"rolled-back".*nobody answered/.test(agents.get('demo156')?.log().slice(length) ?? '');
    await eventually('the old agent has gone back', isBack, 120_000);
    t.equal(pointerOf('demo156'), '0.2.4');
    t.strictSame(snapshot(cluster.nodeRoot('demo156')), old, 'it is all old');
    cluster.coordinators[0]?.start();
    await eventually('the rollout is paused', async () => (await lastRollout()).state === 'ROLLOUT_STATE_PAUSED', 60_000);
    t.match((await lastRollout()).stateReason, /^demo156 failed: UNREACHABLE: nobody answered the question "confirm"/);
    t.ok(await slotsAreFree());
  },
);

/** Pushes an agent to demo156, stops the coordinator while its commit goes on, and returns once the new one has taken over. */
async function handOverAlone(version: AgentVersion): Promise<void> {
  const reached = join(dir, `reached-${version.name}`);
  const goOn = join(dir, `go-on-${version.name}`);
  // run at each point of the agent, which waits for it
  const program = writeScript(
    join(dir, `hold-${version.name}`),
    `#!/bin/sh\ncase "$1" in *first-file-renamed) : > ${reached}; while [ ! -f ${goOn} ]; do sleep 0.02; done;; esac\n`,
  );
  const root = cluster.nodeRoot('demo156');
  await agents.get('demo156')?.stop();
  const agent = new SupervisedAgent(root, { UVS_TEST_ROOT: root, UVS_TEST_PASS: program, UVS_TEST_TRACE: '/dev/null' });
  agents.set('demo156', agent);
  agent.start();
  await cluster.waitReady();
  writeFileSync(record, '');
  const file = await build(version);
  await cluster.uvsctlOk('push', file, '--node', 'demo156', '--rolling', '--yes', '--detach');
  await eventually('the commit has begun', () => existsSync(reached), 60_000);
  const before = agent.log().length;
  await cluster.coordinators[0]?.stop();
  writeFileSync(goOn, '');
  const isNext = (): boolean => agent.log().slice(before).includes('agent started');
  await eventually('the new agent has taken over', () => isNext() && pointerOf('demo156') === version.name, 60_000);
}

async function lastRollout(): Promise<{ readonly state: string; readonly stateReason: string }> {
  const { rollouts } = parseJson(rolloutsSchema, await cluster.uvsctlOk('--json', 'rollouts', 'list', '--limit', '1'));
  return rollouts[0] ?? { state: 'none', stateReason: '' };
}
