import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { benchApply } from './apply.ts';
import { benchDistribution } from './distribution.ts';
import { makeReleases, type Releases } from './releases.ts';
import { benchRollout } from './rollout.ts';
import { formatTable, type Row } from './table.ts';

/** `make bench`: measures on this machine, in one run, and prints one table. Arguments choose parts; BENCH_DIR names another disk. */
const parts: Readonly<Record<string, (folder: string, releases: Releases) => Promise<readonly Row[]>>> = {
  apply: benchApply,
  rollout: benchRollout,
  distribution: benchDistribution,
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !Object.hasOwn(parts, name));
if (unknown.length > 0) {
  process.stderr.write(`bench: there is no part ${unknown.join(', ')}; the parts are ${Object.keys(parts).join(', ')}\n`);
  process.exit(2);
}
const base = process.env['BENCH_DIR'] ?? new URL('../../dist', import.meta.url).pathname;
await mkdir(base, { recursive: true });
const rows: Row[] = [];
const folder = await mkdtemp(`${base}/bench-`);
try {
  process.stderr.write('bench: making releases …\n');
  const releases = await makeReleases(folder);
  for (const [name, bench] of Object.entries(parts)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    process.stderr.write(`bench: ${name} …\n`);
    const own = join(folder, name);
    await mkdir(own);
    rows.push(...(await bench(own, releases)));
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
process.stdout.write(`${formatTable(rows)}\n\nNode ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}\n`);
