import t from 'tap';
import { killOverMounts } from './mounted-cuts.ts';

t.setTimeout(14_400_000);

for (const boot of ['ext4', 'exfat'] as const) {
  void t.test(
    `killed at points of a release over /, /boot on ${boot}, /var and a bind mount, or of taking it back, a node is exactly old or exactly new`,
    async (t) => {
      const { apply, rollback } = await killOverMounts(boot, 4);
      t.comment(`a release over four mounts, /boot on ${boot}: ${apply.summary}`);
      t.comment(`taking it back: ${rollback.summary}`);
      t.strictSame([...apply.complaints, ...rollback.complaints], []);
      for (const { counts, cuts } of [apply, rollback]) t.ok(counts.mixed === 0 && counts.old > 0 && counts.new > 0 && cuts > 60);
    },
  );
}
