/**
 * `make chaos`: a cluster in namespaces of its own under faults that a seed decides. Options: --seed TEXT, --minutes N, --folder DIR,
 * --replay LOG (an earlier run's log.jsonl: its seed, minutes and faults). Prints the folder, in the end the figures; exits 1 where a promise was broken.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { recordedIn } from './log.ts';
import { Network, whyNoNetwork } from './network.ts';
import { chaos } from './run.ts';
import { summary } from './figures.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    minutes: { type: 'string' },
    folder: { type: 'string' },
    replay: { type: 'string' },
    /** The process that has made the network, in which this one runs. */
    owner: { type: 'string' },
  },
});
const { replay, owner } = values;
const recorded = replay === undefined ? undefined : recordedIn(replay);
const seed = values.seed ?? recorded?.seed ?? String(Date.now() % 1_000_000);
const minutes = values.minutes ?? String(recorded?.minutes ?? 2);
const folder = values.folder ?? mkdtempSync(join(tmpdir(), 'uvs-chaos-'));
process.exitCode = owner === undefined ? await outside() : await inside(Number(owner));

/** Makes the network and runs this program again inside of it. */
async function outside(): Promise<number> {
  const why = whyNoNetwork();
  if (why !== undefined) {
    console.error(`chaos: ${why}`);
    return 1;
  }
  Network.sweep();
  using network = new Network(process.pid);
  network.make();
  network.add('op', '10.77.0.1');
  const options = ['--seed', seed, '--minutes', minutes, '--folder', folder, '--owner', String(process.pid)];
  const again = [process.execPath, fileURLToPath(import.meta.url), ...options, ...(replay === undefined ? [] : ['--replay', replay])];
  const child = spawn('setpriv', ['--pdeathsig=KILL', 'nsenter', `--net=${network.path('op')}`, '--', ...again], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
  return await new Promise((resolve) => {
    child.once('error', () => resolve(1));
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

async function inside(maker: number): Promise<number> {
  console.log(`seed ${seed}, ${minutes} min, records in ${folder}`);
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort());
  const figures = await chaos({
    seed,
    minutes: Number(minutes),
    folder,
    network: new Network(maker),
    replay: recorded?.faults,
    signal: stop.signal,
  });
  console.log(JSON.stringify(figures, undefined, 2));
  console.log(summary(figures));
  return figures.violations.length === 0 ? 0 : 1;
}
