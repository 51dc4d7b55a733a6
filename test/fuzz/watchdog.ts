import { writeSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import * as v from 'valibot';

/** In a thread of its own, which no loop of the reader's keeps from looking: ends the process where a package takes too long or too much memory. */
const { shared, deadlineMs, capBytes } = v.parse(
  v.object({ shared: v.instance(SharedArrayBuffer), deadlineMs: v.number(), capBytes: v.number() }),
  workerData,
);
/** The deadline is one of computing; on a machine that others keep busy a wait may take so many times as long. */
const PATIENCE = 12;
/** Number of the execution, and the peak of the memory, in KiB. */
const cells = new Int32Array(shared);
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
  const rss = process.memoryUsage.rss();
  if (rss >> 10 > Atomics.load(cells, 1)) Atomics.store(cells, 1, rss >> 10);
  const isStuck = cpuMs() - sinceCpuMs > deadlineMs || performance.now() - sinceMs > PATIENCE * deadlineMs;
  if (isStuck) end(`execution ${execution} takes longer than ${deadlineMs} ms`);
  if (rss > capBytes) end(`execution ${execution} has the process at ${rss >> 20} MiB`);
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
