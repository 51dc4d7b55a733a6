import t from 'tap';
import { killOverMounts } from './mounted-cuts.ts';

t.setTimeout(600_000);
const isRoot = process.getuid?.() === 0;

/** The whole of what this samples is several-mounts.long.test.ts: make cuts. */
void t.test(
  'killed while a release goes over four mounts, or is taken back, a node is exactly old or exactly new on all of them',
  { skip: isRoot ? false : 'needs root to mount file systems' },
  async (t) => {
    const { apply, rollback } = await killOverMounts('exfat', 70);
    t.comment(`a release over four mounts: ${apply.summary}`);
    t.comment(`taking it back: ${rollback.summary}`);
    t.strictSame([...apply.complaints, ...rollback.complaints], []);
    for (const { counts, cuts } of [apply, rollback]) t.ok(counts.mixed === 0 && counts.old > 0 && counts.new > 0 && cuts > 6);
  },
);
