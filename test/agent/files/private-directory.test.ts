import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import t, { type Test } from 'tap';
import { removeTree } from '../../../agent/files/disk.ts';
import { removePrivate } from '../../../agent/files/remove-private.ts';
import { Staging } from '../../../agent/files/staging.ts';
import { openArea, moveToArea, sweepAreas } from '../../../agent/retained/areas.ts';
import { onDiskAct } from '../../../common/disk-act.ts';

/** A mount whose topmost directory somebody without rights owns, and what is not theirs. */
function ground(t: Test): { readonly root: string; readonly victim: string } {
  const directory = mkdtempSync(join(tmpdir(), 'uvs-private-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const root = join(directory, 'root');
  mkdirSync(join(root, 'srv'), { recursive: true });
  write(join(directory, 'victim/precious'));
  return { root, victim: join(directory, 'victim') };
}

function write(path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, 'here');
}

/** What the owner of the directory above can do at any moment. */
function swap(path: string, target: string): void {
  renameSync(path, `${path}.away`);
  symlinkSync(target, path);
}

void t.test('a symlink that takes the place of a directory while a tree is removed has nothing removed behind it', async (t) => {
  const { root, victim } = ground(t);
  for (const name of ['a/1', 'b/1', 'c/1']) write(join(root, 'tree', name));
  let swaps = 0;
  {
    using _ = onDiskAct(({ path }) => {
      if (path !== join(root, 'tree/a/1')) return;
      for (const name of ['a', 'b', 'c']) swap(join(root, 'tree', name), victim);
      swaps += 1;
    });
    await t.rejects(removeTree(join(root, 'tree')), { code: 'ENOTDIR' });
  }
  t.equal(swaps, 1);
  await removeTree(join(root, 'tree'));
  t.equal(readFileSync(join(victim, 'precious'), 'utf8'), 'here');
  t.notOk(existsSync(join(root, 'tree')), 'the links themselves are gone');
});

for (const name of ['.uvs-staging', '.uvs-retained']) {
  void t.test(`what somebody has put in the place of ${name} is left alone, and what no operation made in it`, async (t) => {
    const { root, victim } = ground(t);
    const all = (): boolean => true;
    symlinkSync(victim, join(root, name));
    await removePrivate(root, '', name, all);
    rmSync(join(root, name));

    mkdirSync(join(root, name), { mode: 0o777 });
    write(join(root, name, 'op-1/file'));
    chmodSync(join(root, name), 0o777);
    await removePrivate(root, '', name, all);
    t.ok(existsSync(join(root, name, 'op-1/file')), 'others may write there');

    chmodSync(join(root, name), 0o755);
    write(join(root, name, 'precious/file'));
    await removePrivate(root, '', name, all);
    t.ok(existsSync(join(root, name, 'precious/file')), 'a directory that was there under another name');
    t.notOk(existsSync(join(root, name, 'op-1')));
    t.ok(existsSync(join(victim, 'precious')));
  });
}

void t.test('an operation stages nothing through a symlink that takes the place of its area', async (t) => {
  const { root, victim } = ground(t);
  mkdirSync(join(victim, 'op-1'));
  using staging = new Staging(root, 'op-1');
  {
    let swaps = 0;
    using _ = onDiskAct(({ kind, path }) => {
      if (kind !== 'mkdir' || path !== join(root, 'srv/.uvs-staging/op-1')) return;
      swap(join(root, 'srv/.uvs-staging'), victim);
      swaps += 1;
    });
    // srv stands for another mount: its topmost directory is named
    writeFileSync(staging.newAddress('srv', 0), 'staged');
    t.equal(swaps, 1);
  }
  t.notOk(existsSync(join(victim, 'op-1/new')));
  t.equal(readFileSync(join(root, 'srv/.uvs-staging.away/op-1/new/0'), 'utf8'), 'staged');
  using later = new Staging(root, 'op-1');
  t.throws(() => later.newAddress('srv', 0), { message: /srv\/\.uvs-staging is not a directory of the agent's own/u });
});

void t.test('originals are never read from what somebody has put in the place of where they are retained', async (t) => {
  const { root, victim } = ground(t);
  using staging = new Staging(root, 'op-1');
  writeFileSync(staging.oldAddress('', 0), 'original');
  await moveToArea(root, '', 'op-1');
  await moveToArea(root, '', 'op-1');
  {
    using area = openArea(root, '', 'op-1');
    t.equal(readFileSync(area.address('0'), 'utf8'), 'original');
  }
  mkdirSync(join(victim, 'op-1'));
  swap(join(root, '.uvs-retained'), victim);
  t.throws(() => openArea(root, '', 'op-1'), { message: /is not there/ });
  await t.rejects(moveToArea(root, '', 'op-2'), { message: /\.uvs-retained is not a directory of the agent's own/u });
});

void t.test('what is freed is durable before anybody may forget that it was there', async (t) => {
  const { root } = ground(t);
  for (const [name, free] of [
    ['.uvs-staging', () => new Staging(root, 'op-1').remove(['srv'], () => true)],
    ['.uvs-retained', () => sweepAreas(root, 'srv', new Set())],
  ] as const) {
    const area = join(root, 'srv', name);
    mkdirSync(area, { mode: 0o700 });
    write(join(area, 'op-1/0'));
    write(join(area, 'op-1/1'));
    const acts: string[] = [];
    {
      using _ = onDiskAct(({ kind, path }) => acts.push(`${kind} ${path.slice(root.length + 1)}`));
      await free();
    }
    t.strictSame(acts.slice(-4), [`rmdir srv/${name}/op-1`, `sync srv/${name}`, `rmdir srv/${name}`, 'sync srv']);
  }
});
