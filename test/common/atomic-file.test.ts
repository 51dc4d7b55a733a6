import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { writeFileAtomically } from '../../common/atomic-file.ts';
import { onDiskAct } from '../../common/disk-act.ts';

const owner = { uid: 12_345, gid: 12_345 };

void t.test(
  "a file that is replaced for another user is that user's before it has its name",
  { skip: process.getuid?.() === 0 ? false : 'needs root to give files away' },
  async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'uvs-owner-'));
    t.teardown(() => rmSync(directory, { recursive: true }));
    const path = join(directory, 'identity');
    await writeFileAtomically(path, 'old', 0o600, owner);
    const acts: string[] = [];
    {
      // the process ends before one act after the other
      using _ = onDiskAct(({ kind }) => {
        acts.push(kind);
        t.match(statSync(path), owner, `before ${kind}`);
        t.match(readFileSync(path, 'utf8'), /^(?:old|new)$/);
      });
      await writeFileAtomically(path, 'new', 0o600, owner);
    }
    t.ok(acts.includes('rename'));
    t.match(statSync(path), owner);
    t.equal(readFileSync(path, 'utf8'), 'new');
  },
);

void t.test('each act of a replacement is told, and one that is refused leaves the old file, and nothing else', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'uvs-atomic-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'made/file');
  const write = async (content: string, refuse?: string): Promise<readonly string[]> => {
    const acts: string[] = [];
    using _ = onDiskAct((act) => {
      acts.push(act.kind);
      if (act.kind === refuse) act.failWith(new Error(`no ${act.kind}`));
    });
    await writeFileAtomically(path, content, 0o600);
    return acts;
  };
  await t.rejects(write('new', 'mkdir'), { message: 'no mkdir' });
  t.strictSame(readdirSync(folder), []);
  const replacing = ['create', 'write', 'chmod', 'sync', 'rename', 'sync'];
  t.strictSame(await write('old'), ['mkdir', ...replacing]);
  for (const act of ['create', 'write', 'chmod', 'sync', 'rename']) {
    await t.rejects(write('new', act), { message: `no ${act}` });
    t.strictSame(readdirSync(join(folder, 'made')), ['file'], act);
    t.equal(readFileSync(path, 'utf8'), 'old', act);
  }
  t.strictSame(await write('new'), replacing);
});

void t.test('where a replacement fails, taking the new file away is told as well', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'uvs-atomic-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const acts: string[] = [];
  using _ = onDiskAct((act) => {
    acts.push(act.kind);
    if (act.kind === 'write') act.failWith(new Error('no write'));
  });
  await t.rejects(writeFileAtomically(join(folder, 'file'), 'new', 0o600), { message: 'no write' });
  t.strictSame(acts, ['create', 'write', 'unlink']);
});
