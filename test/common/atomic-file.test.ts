import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
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
