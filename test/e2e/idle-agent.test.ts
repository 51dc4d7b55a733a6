import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
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

void t.test('an idle agent takes little memory and next to no processor time', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'uvs-idle-'));
  const cluster = new SandboxCluster({ dir, nodes: [{ hostname: 'demo151', roles: ['osd'] }] });
  t.teardown(async () => {
    await cluster.stop();
    rmSync(dir, { recursive: true });
  });
  await cluster.start();
  const pid = cluster.agents.get('demo151')?.pid;
  if (pid === undefined) throw new Error('the agent does not run');
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
