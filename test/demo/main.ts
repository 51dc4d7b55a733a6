/**
 * `make demo`: the whole job on one machine. An etcd, a coordinator and eight agents come up; a small release goes to all at once, then
 * 2.14.17 goes round one node at a time, while a gate holds one node back and says why. An agent has a root directory of its own, or, with
 * `--nodes systemd`, a booted machine of its own.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { programEnv, programPath } from '../support/programs.ts';
import { type SandboxCluster, writeScript } from '../support/sandbox-cluster.ts';
import { bootedDemo, whyNotBooted } from './booted-demo.ts';
import type { Demo } from './demo.ts';
import { bigRelease, firstRelease } from './releases.ts';
import { sandboxDemo } from './sandbox-demo.ts';

const { keep: isKept, nodes: kind } = parseArgs({
  options: { keep: { type: 'boolean', default: false }, nodes: { type: 'string', default: 'sandbox' } },
}).values;
const refusal = kind === 'systemd' ? whyNotBooted() : kind === 'sandbox' ? undefined : `there are no nodes "${kind}": sandbox, systemd`;
if (refusal !== undefined) {
  console.error(`the demo can't run so: ${refusal}`);
  process.exit(2);
}
const dir = mkdtempSync(join(tmpdir(), 'uvs-demo-'));
const startedMs = performance.now();

function say(text: string): void {
  console.log(`\n── ${text}  (${((performance.now() - startedMs) / 1000).toFixed(0)} s)`);
}

/** Runs uvsctl on this terminal, so that its live view is seen. */
async function show(cluster: SandboxCluster, ...args: readonly string[]): Promise<void> {
  console.log(`$ uvsctl ${args.map((arg) => (/^[\w./:=@-]+$/.test(arg) ? arg : `'${arg}'`)).join(' ')}`);
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

const armed = join(dir, 'gate.armed');
const gate = backfillGate(join(dir, 'gate.sh'), armed, join(dir, 'gate.until'));
const coordinatorConfig = `[[gate]]\nkind = "etcd"\nname = "etcd"\n\n[[gate]]\nkind = "command"\nname = "storage"\nargv = ["${gate}"]\ntimeout_seconds = 5\n`;
const played: Demo = (kind === 'systemd' ? bootedDemo : sandboxDemo)({ dir, coordinatorConfig, isKept });

const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort(new Error(`stopped by ${signal}`)));

async function demo(): Promise<void> {
  say(
    kind === 'systemd'
      ? 'An authority, an etcd, a coordinator, and eight machines that boot, get the packages, and enrol with a join token'
      : 'An authority, an etcd, a coordinator, and eight nodes that enrol with a join token',
  );
  const cluster = await played.start();
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
  for (const daemon of played.coordinators()) console.error(`\nlast lines of ${daemon.logFile}\n${daemon.tail(15)}`);
}

if (isKept && failure === undefined) await played.keep(stopping.signal);
await played[Symbol.asyncDispose]();
if (failure === undefined) {
  rmSync(dir, { recursive: true, force: true });
  say('Done: the cluster has ended and nothing of it is left. To keep it: make demo KEEP=1');
} else console.error(`\nwhat is left to look at: ${dir}`);
process.exit(failure === undefined ? 0 : 1);
