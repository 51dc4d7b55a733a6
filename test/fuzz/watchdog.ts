import { writeSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import * as v from 'valibot';

/** In a thread of its own, which no loop of the reader's keeps from looking: ends the process where a package takes too long or too much memory. */
const { shared, deadlineMs, growthBytes } = v.parse(
  v.object({ shared: v.instance(SharedArrayBuffer), deadlineMs: v.number(), growthBytes: v.number() }),
  workerData,
);
/** The deadline is one of computing; on a machine that others keep busy a wait may take so many times as long. */
const PATIENCE = 12;
/** Number of the execution; what was resident before the first, and the peak, in KiB. */
const cells = new Int32Array(shared);
const baseBytes = process.memoryUsage.rss();
Atomics.store(cells, 1, baseBytes >> 10);
let last = -1;
let sinceMs = performance.now();
let sinceCpuMs = cpuMs();

setInterval(() => {
  const execution = Atomics.load(cells, 0);
  if (execution !== last) {
    last = execution;
    sinceMs = performance.now();
    sinceCpuMs = cpuMs();
  }
  const rss = process.resourceUsage().maxRSS * 1024;
  if (rss >> 10 > Atomics.load(cells, 2)) Atomics.store(cells, 2, rss >> 10);
  const isStuck = cpuMs() - sinceCpuMs > deadlineMs || performance.now() - sinceMs > PATIENCE * deadlineMs;
  if (isStuck) end(`execution ${execution} takes longer than ${deadlineMs} ms`);
  if (rss > baseBytes + growthBytes) end(`execution ${execution} has the process at ${rss >> 20} MiB, from ${baseBytes >> 20}`);
}, 20);

// until then a reader that hangs would keep it from being loaded
// eslint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
parentPort?.postMessage('watching');

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function end(why: string): void {
  writeSync(2, `${why}\n`);
  process.kill(process.pid, 'SIGKILL');
}
