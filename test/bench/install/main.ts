import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { execFileSync } from 'node:child_process';
import { LoopDisk } from '../../support/loop-disk.ts';
import { measure } from '../measured.ts';
import { CONTENT_BYTES, CONTENT_FILES, LEVEL, makeReleases } from '../releases.ts';
import type { Contender, Field, Install } from './contender.ts';
import { dropCaches, type Cost } from './cost.ts';
import { floor } from './floor.ts';
import { ours } from './ours.ts';
import { missing } from './programs.ts';
import { rauc } from './rauc.ts';
import { swupdate } from './swupdate.ts';
import { costTable } from './table.ts';

/**
 * `make bench-apply`: the same tree onto the same loop-mounted ext4 by our agent, by a shell script and by whichever peers are installed, in turns, each
 * from a cold page cache. ROUNDS (5); BENCH_DIR names another disk; WARM=1 leaves the page cache of the machine alone.
 */
const contenders: readonly Contender[] = [ours, floor, rauc, swupdate];
const DISK_MEBIBYTES = 2_048;

const rounds = Number(process.env['ROUNDS'] ?? '5');
const isCold = process.env['WARM'] !== '1';
const base = process.env['BENCH_DIR'] ?? new URL('../../../dist', import.meta.url).pathname;
await mkdir(base, { recursive: true });
const folder = await mkdtemp(`${base}/bench-apply-`);
try {
  using stack = new DisposableStack();
  say('making the package and an archive of the same tree');
  const releases = await makeReleases(folder);
  const archive = join(folder, 'tree.tar.zst');
  await measure(
    ['/bin/sh', '-ec', `tar -C '${releases.contentFolder}' --owner=0 --group=0 -cf - . | zstd -q -${LEVEL} -o '${archive}'`],
    folder,
  );
  const disk = stack.use(LoopDisk.mount(join(folder, 'disk'), join(folder, 'disk.img'), DISK_MEBIBYTES));
  const target = join(disk.path, 'root');

  const runs: { readonly name: string; readonly install: Install; readonly costs: Cost[] }[] = [];
  for (const [place, { name, needs, prepare }] of contenders.entries()) {
    const lacks = missing(needs);
    if (lacks.length > 0) {
      say(`left out, this machine has no ${lacks.join(', no ')}: ${name}`);
      continue;
    }
    const own = join(folder, `contender-${place}`);
    await mkdir(own);
    const field: Field = { folder: own, disk, target, releases, archive, stack };
    runs.push({ name, install: await prepare(field), costs: [] });
  }
  for (let round = 0; round < rounds; round += 1) {
    // another one goes first each time
    for (const place of runs.keys()) {
      const run = runs[(place + round) % runs.length];
      if (run === undefined) continue;
      await rm(target, { recursive: true, force: true });
      execFileSync('fstrim', [disk.path]);
      await mkdir(target);
      const cost = await run
        .install(async () => (isCold ? dropCaches() : syncDisks()))
        .then(undefined, (error: unknown) => {
          throw new Error(`${run.name} failed`, { cause: error });
        });
      run.costs.push(cost);
      say(`round ${round + 1}: ${run.name}: ${(cost.wallMs / 1000).toFixed(2)} s, CPU ${(cost.cpuMs / 1000).toFixed(2)} s`);
      if (run.name === ours.name) await demandTree(target);
    }
  }
  const { size } = await stat(releases.big);
  process.stdout.write(`${costTable(runs, CONTENT_BYTES)}\n
Payload ${(CONTENT_BYTES / 1e6).toFixed(0)} MB in ${CONTENT_FILES} files, package ${(size / 1e6).toFixed(0)} MB, ${rounds} rounds in turns, ${isCold ? 'cold' : 'warm'} cache.
Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}, load ${loadavg()
    .map((load) => load.toFixed(1))
    .join(' ')}\n`);
} finally {
  await rm(folder, { recursive: true, force: true });
}

function syncDisks(): void {
  execFileSync('sync');
}

function say(line: string): void {
  process.stderr.write(`bench-apply: ${line}\n`);
}

/** A contender that installs nothing would be the fastest. */
async function demandTree(root: string): Promise<void> {
  const release = join(root, 'opt/uvs');
  const names = existsSync(release) ? await readdir(release, { recursive: true }) : [];
  if (names.length < CONTENT_FILES) throw new Error(`only ${names.length} names are in ${release}`);
}
