import { createCipheriv } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { SandboxCluster } from '../support/sandbox-cluster.ts';

t.setTimeout(180_000);

/**
 * Seen: 70 to 71 and 22 to 23 MiB, 0.08 to 0.10 %. Why the goals of 60 and 20 MB are not met is in docs/ARCHITECTURE.md ("What an idle agent takes").
 * The processor time is that of a quiet minute: what the start has left, a last collection of V8's above all, is over after some ten seconds.
 */
const MOST_RESIDENT_MIB = 78;
const MOST_OWN_MIB = 27;
const MOST_PERCENT = 0.25;
const SETTLED_MS = 20_000;
const WATCHED_MS = 30_000;
/** While it brings a release in; seen: 86 to 88. */
const MOST_AT_WORK_MIB = 96;
const FILES = 300;
const FILE_BYTES = 400_000;

const dir = mkdtempSync(join(tmpdir(), 'uvs-idle-'));
const cluster = new SandboxCluster({ dir, nodes: [{ hostname: 'demo151', roles: ['osd'] }] });
t.before(() => cluster.start());
t.teardown(async () => {
  await cluster.stop();
  rmSync(dir, { recursive: true });
});

void t.test('an idle agent takes little memory and next to no processor time', async (t) => {
  const pid = agentPid();
  await delay(SETTLED_MS);
  const before = cpuMs(pid);
  const startedMs = performance.now();
  await delay(WATCHED_MS);
  const percent = ((cpuMs(pid) - before) / (performance.now() - startedMs)) * 100;
  const [resident, own] = [mebibytes(pid, 'VmRSS'), mebibytes(pid, 'RssAnon')];
  t.comment(`resident ${resident.toFixed(0)} MiB, of that its own ${own.toFixed(0)} MiB; ${percent.toFixed(3)} % of a processor`);
  t.ok(resident < MOST_RESIDENT_MIB, `${resident} MiB resident`);
  t.ok(own < MOST_OWN_MIB, `${own} MiB of its own`);
  t.ok(percent < MOST_PERCENT, `${percent} % of a processor`);
});

void t.test('the same agent fetches and installs an encrypted release that is larger than its memory', async (t) => {
  const pid = agentPid();
  const tree = join(dir, 'tree');
  // differs from file to file and does not compress
  const noise = createCipheriv('aes-128-ctr', Buffer.alloc(16, 'key'), Buffer.alloc(16));
  for (let index = 0; index < FILES; index += 1) {
    mkdirSync(join(tree, 'opt', `part${index % 20}`), { recursive: true });
    writeFileSync(join(tree, 'opt', `part${index % 20}`, `file${index}`), noise.update(Buffer.alloc(FILE_BYTES)));
  }
  const spec = `product = "uvs"
version = "2.14.17"
releaseSeq = 17
[target]
distro = "debian"
distroVersions = ["12"]
[brings]
uvs = "2.14.17"
[[trees]]
source = "${tree}"
destination = "/"
`;
  const pushed = await cluster.uvsctl('push', await cluster.buildRelease('large', spec), '--all', '--rolling', '--yes');
  t.equal(pushed.code, 0, pushed.stderr + pushed.stdout);
  t.equal(agentPid(), pid, 'it is the agent that was idle before');
  const peak = mebibytes(pid, 'VmHWM');
  t.comment(`payload ${((FILES * FILE_BYTES) / 2 ** 20).toFixed(0)} MiB, peak resident memory of the daemon ${peak.toFixed(0)} MiB`);
  t.ok(peak < MOST_AT_WORK_MIB, `${peak} MiB`);
});

function agentPid(): number {
  const pid = cluster.agents.get('demo151')?.pid;
  if (pid === undefined) throw new Error('the agent does not run');
  return pid;
}

/** The agent is a program of the start script, which has become it. */
function mebibytes(pid: number, field: string): number {
  return Number(new RegExp(`^${field}:\\s+(\\d+)`, 'mu').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

/** Of all its threads, by the scheduler's own count in nanoseconds: a minute's few milliseconds are less than the ticks of proc_pid_stat(5). */
function cpuMs(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`);
  const nanoseconds = threads.map((thread) => Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]));
  return nanoseconds.reduce((sum, each) => sum + each, 0) / 1e6;
}
