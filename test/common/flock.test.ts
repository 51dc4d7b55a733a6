import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import t from 'tap';
import { onDiskAct } from '../../common/disk-act.ts';
import { lockBeside } from '../../common/flock.ts';

void t.test('a lock beside a file is held by one, and what it changes on the disk is told: once, for its file stays', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'uvs-flock-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const acts: string[] = [];
  using _ = onDiskAct(({ kind, path }) => acts.push(`${kind} ${basename(path)}`));
  {
    await using first = await lockBeside(join(folder, 'file'));
    t.ok(first);
    t.equal(await lockBeside(join(folder, 'file')), undefined);
  }
  await using again = await lockBeside(join(folder, 'file'));
  t.ok(again);
  t.strictSame(acts, ['create file.lock', ...(process.geteuid?.() === 0 ? ['chown file.lock'] : [])]);
});
