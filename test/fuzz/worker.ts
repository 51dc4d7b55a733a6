import { once } from 'node:events';
import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { saveCorpus } from './corpus.ts';
import { fixedKit } from './fixed-kit.ts';
import { fuzz } from './fuzzer.ts';
import { parseOrder } from './order.ts';

/** Collecting garbage after each package takes three times as long. */
const COLLECT_EVERY = 8;

/** The process that reads: whatever happens to it, the package that it read last is in a file. */
const order = parseOrder(process.argv[2] ?? '');
const shared = new SharedArrayBuffer(12);
const cells = new Int32Array(shared);
const watchdog = new Worker(new URL('watchdog.ts', import.meta.url), {
  workerData: { shared, deadlineMs: order.deadlineMs, growthBytes: order.growthMiB * 1024 * 1024 },
});
await once(watchdog, 'message');
watchdog.unref();
const current = openSync(order.current, 'w');
const endMs = performance.now() + order.seconds * 1000;
const result = await fuzz({
  seed: order.seed,
  kit: await fixedKit(),
  executions: order.executions,
  until: () => performance.now() > endMs,
  folder: dirname(order.current),
  onPackage: (execution, bytes) => {
    // what is resident is then what is in use
    if (execution % COLLECT_EVERY === 0) globalThis.gc?.();
    Atomics.store(cells, 0, execution);
    ftruncateSync(current, bytes.length);
    writeSync(current, bytes, 0, bytes.length, 0);
  },
});
closeSync(current);
if (order.save !== undefined) saveCorpus(order.save, [...result.found.values()]);
const { executions, agentExecutions, reasons, agentOutcomes, found, slowestMs } = result;
const kinds = [...found.keys()];
const [baseMiB, peakMiB] = [1, 2].map((cell) => Atomics.load(cells, cell) >> 10);
process.stdout.write(JSON.stringify({ executions, agentExecutions, reasons, agentOutcomes, kinds, slowestMs, baseMiB, peakMiB }));
await watchdog.terminate();
