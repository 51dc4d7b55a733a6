import { toUvsError } from '../../common/errors.ts';
import type { Tree } from '../files/tree.ts';
import type { OperationContext } from '../operation-context.ts';
import { xattrDifferences } from '../steps/compare-xattrs.ts';
import { DeviceReading } from '../steps/device-reading.ts';
import { FileComparison, type ExpectedFiles } from '../steps/file-comparison.ts';

/** What is otherwise than it should be, by path: the end of a sentence that begins with the path. */
export type Differences = ReadonlyMap<string, string>;

/** Finds every path that is not as it should be, by the comparison that proves a release. What can't be read is not as it should be. */
export async function findDifferences({ proven }: OperationContext, tree: Tree, expected: ExpectedFiles): Promise<Differences> {
  const found = new Map<string, string>();
  const comparison = new FileComparison(tree, expected, proven, new DeviceReading());
  await DeviceReading.each(expected.files.entries(), async ([index, entry]) => {
    const difference = await comparison
      .difference(entry, index)
      .catch((error: unknown) => ({ path: entry.path, what: `can't be compared: ${toUvsError(error).message}` }));
    if (difference !== undefined) found.set(difference.path, difference.what);
  });
  const others = await xattrDifferences(tree, expected, (path) => !found.has(path));
  for (const { path, name, problem } of others) found.set(path, `has an extended attribute that is ${problem}, ${name}`);
  return found;
}
