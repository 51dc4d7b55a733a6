/**
 * `make demo`: the whole job on one machine. An etcd, a coordinator and eight agents (each with a root directory of its own) come up; a
 * small release goes to all at once, then 2.14.17 goes round one node at a time, while a gate holds one node back and says why.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { programEnv, programPath } from '../support/programs.ts';
import { eightNodes, SandboxCluster, writeScript } from '../support/sandbox-cluster.ts';
import { bigRelease, firstRelease } from './releases.ts';
import { writeStopScript } from './stop-script.ts';

const isKept = process.argv.includes('--keep');
const dir = mkdtempSync(join(tmpdir(), 'uvs-demo-'));
const started = performance.now();

function say(text: string): void {
  console.log(`\n── ${text}  (${((performance.now() - started) / 1000).toFixed(0)} s)`);
}

/** Runs uvsctl on this terminal, so that its live view is seen. */
async function show(cluster: SandboxCluster, ...args: readonly string[]): Promise<void> {
  console.log(`$ uvsctl ${args.join(' ')}`);
  const child = spawn(programPath('uvsctl'), args, {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: programEnv({ UVS_CREDENTIAL: cluster.credential }),
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new Error(`uvsctl ${args[0] ?? ''} exited ${code ?? 'by a signal'}`);
}

/** A stand-in for the storage's health: once armed, it says no for eight seconds from the first time it is asked about demo156. */
function backfillGate(path: string, armedFile: string, stateFile: string): string {
  return writeScript(
    path,
    `#!/bin/sh
[ "$UVS_NODE_NAME" = demo156 ] && [ -f ${armedFile} ] || exit 0
now=$(cut -d. -f1 /proc/uptime)
[ -f ${stateFile} ] || echo $((now + 8)) > ${stateFile}
left=$(($(cat ${stateFile}) - now))
[ "$left" -le 0 ] && exit 0
echo "osd.1 on demo155 is backfilling, about $left s left"
exit 1
`,
  );
}

mkdirSync(dir, { recursive: true });
const armed = join(dir, 'gate.armed');
const gate = backfillGate(join(dir, 'gate.sh'), armed, join(dir, 'gate.until'));
const cluster = new SandboxCluster({
  dir,
  nodes: eightNodes,
  outlives: isKept,
  coordinatorConfig: `[[gate]]\nkind = "etcd"\nname = "etcd"\n\n[[gate]]\nkind = "command"\nname = "storage"\nargv = ["${gate}"]\ntimeout_seconds = 5\n`,
});

const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort(new Error(`stopped by ${signal}`)));

async function demo(): Promise<void> {
  say('An authority, an etcd, a coordinator, and eight nodes that enrol with a join token');
  await cluster.start();
  await show(cluster, 'status');

  say('Release 2.14-16.20200317 goes to all nodes at once: "parallel push"');
  const first = await cluster.buildRelease('uvs-2.14-16', firstRelease(dir));
  await show(cluster, 'push', first, '--all', '--parallel', '8', '--reason', 'first installation', '--yes');
  await show(cluster, 'nodes', 'list');

  say('Release 2.14.17 is built from the runtime and the build itself, signed and encrypted');
  const big = await cluster.buildRelease('uvs-2.14.17', bigRelease(dir));
  await show(cluster, 'packages', 'upload', big);
  await show(cluster, 'plan', '2.14.17', '--all', '--rolling');

  say('"Rolling push (one by one)": monitors first, then storage; the gate "storage" holds demo156 back for a while');
  writeFileSync(armed, '');
  await show(cluster, 'push', '2.14.17', '--all', '--rolling', '--yes');
  await show(cluster, 'nodes', 'list');
  await show(cluster, 'events', 'list', '--limit', '6');
}

let failure: unknown;
try {
  await Promise.race([demo(), new Promise((_, reject) => stopping.signal.addEventListener('abort', () => reject(stopping.signal.reason)))]);
} catch (error) {
  failure = error;
  console.error(`\nthe demo failed: ${error instanceof Error ? error.message : String(error)}`);
  for (const daemon of cluster.coordinators) console.error(`\nlast lines of ${daemon.logFile}\n${daemon.tail(15)}`);
}

if (isKept && failure === undefined) {
  for (const daemon of [...cluster.coordinators, ...cluster.agents.values()]) daemon.release();
  const pids = [...cluster.agents.values(), ...cluster.coordinators].flatMap(({ pid }) => (pid === undefined ? [] : [pid]));
  const stop = writeStopScript(dir, pids);
  console.log(`
The cluster is still up. To talk to it:

  export UVS_CREDENTIAL=${cluster.credential} PATH=${dirname(programPath('uvsctl'))}:$PATH
  uvsctl nodes list
  uvsctl rollouts list

With release.toml and tree/ as in README.md (its releaseSeq must be above 17):

  upd build release.toml --key ${cluster.signingKey} --recipient $(uvsctl status | awk '/^Recipient/ {print $2}') -o uvs-2.14.18.upd
  uvsctl push uvs-2.14.18.upd --role osd --rolling

A node's agent is no service here; \`systemctl stop uvs-agent\` and \`start\` are, for demo154:

  kill $(pgrep -f 'run --root ${cluster.nodeRoot('demo154')}$')
  uvs-agent run --root ${cluster.nodeRoot('demo154')} &

Logs are in ${dir}/logs, the nodes' root directories in ${dir}/nodes. To end it:

  ${stop}`);
  process.exit(0);
}
await cluster.stop();
if (failure === undefined) {
  rmSync(dir, { recursive: true, force: true });
  say('Done: the cluster has ended and nothing of it is left. To keep it: make demo KEEP=1');
} else console.error(`\nwhat is left to look at: ${dir}`);
process.exit(failure === undefined ? 0 : 1);
