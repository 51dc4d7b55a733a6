import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import t from 'tap';

const MIB = 1024 * 1024;
const program = fileURLToPath(new URL('../../support/upd-memory.ts', import.meta.url));
const run = promisify(execFile);

async function peakMiB(directory: string, sizeMiB: number): Promise<number> {
  const source = join(directory, 'source');
  writeFileSync(source, '');
  for (let done = 0; done < sizeMiB; done += 10) appendFileSync(source, randomBytes(10 * MIB));
  const { stdout } = await run(process.execPath, [program, source, join(directory, 'a.upd')], { timeout: 60_000 });
  const { bytesRead, peakKiB }: { bytesRead: number; peakKiB: number } = JSON.parse(stdout);
  t.equal(bytesRead, sizeMiB * MIB);
  return peakKiB / 1024;
}

t.test('a large package needs no more memory to build and to read than a small one', async (t) => {
  const directory = t.testdir({});
  const small = await peakMiB(directory, 20);
  const large = await peakMiB(directory, 240);
  t.comment(`20 MiB: ${small.toFixed(0)} MiB, 240 MiB: ${large.toFixed(0)} MiB`);
  t.ok(large < small + 60, `${large.toFixed(0)} MiB against ${small.toFixed(0)} MiB`);
});
