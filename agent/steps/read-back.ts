import type { Plan } from '../files/plan.ts';
import { Tree } from '../files/tree.ts';
import { manifestOf, stateOf, type OperationContext } from '../operation-context.ts';
import { backOf } from '../retained/back.ts';
import { expectedBack } from '../retained/expected-back.ts';
import { countPaths } from './count-paths.ts';
import { loadPlan } from './commit.ts';
import { demandXattrs } from './compare-xattrs.ts';
import { DeviceReading, mismatch } from './device-reading.ts';
import { FileComparison, type ExpectedFiles } from './file-comparison.ts';

/**
 * Compares every path that was put with the manifest, or with what was there before the release that is taken back, metadata and content. Content that
 * was read back from the device before the commit (steps/prove-staged.ts, retained/verify-originals.ts) and stands in the same untouched inode is not
 * read twice; any other is read from the device now. @throws UvsError READBACK_MISMATCH
 */
export async function readBack(context: OperationContext): Promise<void> {
  const expected = await expectedFiles(context, await loadPlan(context));
  context.say(`Comparing ${countPaths(expected.files.length)} with the manifest`);
  using tree = new Tree(context.setup.root);
  const reading = new DeviceReading();
  const comparison = new FileComparison(tree, expected, context.proven, reading);
  await DeviceReading.each(expected.files.entries(), async ([index, entry]) => {
    const difference = await comparison.difference(entry, index);
    if (difference !== undefined) throw mismatch(difference.path, `${difference.what} after the commit`);
  });
  await demandXattrs(tree, expected);
  if (reading.readBytes > 0) context.tell(reading.judge());
}

/** What has to be there: what the manifest says, or what was there before the release that was taken back. */
export async function expectedFiles(context: OperationContext, plan: Plan): Promise<ExpectedFiles> {
  if (stateOf(context).action === undefined) return { files: manifestOf(context).files, plan };
  return expectedBack(await backOf(context), plan);
}
