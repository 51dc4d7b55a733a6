import t from 'tap';
import { whyNoImages } from './disk-image.ts';
import { cutMigration, type MigrationCuts } from './migration-cuts.ts';

t.setTimeout(1_200_000);
const whyNot = whyNoImages();
if (whyNot !== undefined && process.env['CI'] === 'true') throw new Error(whyNot);

const runs: readonly Omit<MigrationCuts, 'step'>[] = [
  { act: 'migrate', fileSystem: 'ext4', writeback: 'names-at-once' },
  { act: 'migrate', fileSystem: 'ext4', writeback: 'only-synced' },
  { act: 'migrate', fileSystem: 'xfs', writeback: 'names-at-once' },
  { act: 'undo', fileSystem: 'ext4', writeback: 'names-at-once' },
  { act: 'undo', fileSystem: 'ext4', writeback: 'only-synced' },
];

for (const run of runs) {
  const what = `${run.act === 'undo' ? 'the undoing of a' : 'a'} migration (${run.fileSystem}, ${run.writeback})`;
  void t.test(
    `where the power is cut in ${what} the store of a monitor is whole at boot, and once the same command has gone on`,
    { skip: whyNot ?? false },
    async (t) => {
      const tally = await cutMigration({ ...run, step: run.fileSystem === 'xfs' ? 7 : 1 });
      t.comment(`${what}: cut points ${tally.cuts}, broken ${tally.complaints.length}`);
      t.strictSame(tally.complaints, []);
      t.ok(tally.cuts > 10, String(tally.cuts));
    },
  );
}
