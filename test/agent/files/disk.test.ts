import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { removeBelow, removeTree, renameSync, unlinkIfThereSync } from '../../../agent/files/disk.ts';
import { onDiskAct, type DiskAct } from '../../../common/disk-act.ts';
import { install } from '../../support/install.ts';
import { buildSampleReleases } from '../../support/sample-releases.ts';
import { TestNode } from '../../support/update-node.ts';
import { patience } from '../../support/patience.ts';

t.setTimeout(240_000 * patience);

void t.test('every act of an update is told before it is done, by the real path', async (t) => {
  using node = new TestNode();
  await buildSampleReleases(node);
  await install(node, 'one');
  const acts: DiskAct[] = [];
  const wasThere = new Map<string, boolean>();
  {
    using _ = onDiskAct((act) => {
      acts.push(act);
      if (act.kind === 'rename') wasThere.set(act.path, existsSync(act.path));
    });
    t.equal((await install(node, 'two')).outcome, 'installed');
  }
  const told = acts.map(
    ({ kind, path }) =>
      `${kind} ${path
        .slice(node.root.length + 1)
        .replace(/op-[a-z0-9-]+/u, 'OP')
        .replace(/\d+$/u, 'N')}`,
  );
  for (const act of [
    'write var/lib/uvs-agent/journal',
    'sync var/lib/uvs-agent/journal',
    'mkdir opt/app/new',
    'link .uvs-staging/OP/old/N',
    'rename opt/app/bin',
    'link opt/app/empty',
    'chown .uvs-staging/OP/new/N',
    'chmod opt/app',
    'symlink .uvs-staging/OP/new/N',
    'rmdir opt/app/old',
    'sync-file-system ',
    'rename var/lib/uvs-agent/installed.json',
    'rename var/lib/uvs-agent/history.json',
    'rename .uvs-retained/OP',
    'unlink .uvs-staging/OP/new/N',
    'rmdir .uvs-staging',
  ])
    t.ok(told.includes(act), act);
  t.equal(wasThere.get(join(node.root, 'opt/app/bin')), true);
  t.comment(`one release: ${acts.length} acts`);
});

void t.test('an act that is refused is not done, and one that changes nothing is not told', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'uvs-disk-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  writeFileSync(join(directory, 'a'), '');
  const told: string[] = [];
  {
    using _ = onDiskAct((act) => {
      told.push(act.kind);
      if (act.kind === 'rename') act.failWith(new Error('no space'));
    });
    t.throws(() => renameSync(join(directory, 'a'), join(directory, 'b')), { message: 'no space' });
    unlinkIfThereSync(join(directory, 'c'));
    await removeTree(join(directory, 'c'));
  }
  t.strictSame(told, ['rename']);
  t.ok(existsSync(join(directory, 'a')));
  t.doesNotThrow(() => renameSync(join(directory, 'a'), join(directory, 'b')), 'nobody listens any more');
});

void t.test('a tree is removed whatever bytes its names are of', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'uvs-disk-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const script = `mkdir -p tree/$'d\\xe4' && echo a > tree/$'b\\xe4r.log' && echo b > tree/$'d\\xe4'/c && ln -s / tree/$'l\\xe4' && cp -a tree other`;
  execFileSync('bash', ['-c', script], { cwd: directory });
  await removeTree(join(directory, 'tree'));
  t.strictSame(readdirSync(directory), ['other']);
  await removeBelow(join(directory, 'other'));
  t.strictSame(readdirSync(join(directory, 'other')), []);
});
