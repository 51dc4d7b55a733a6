import { askJson } from './answer.ts';
import { poolsRefusal } from './before.ts';
import type { Ceph } from './cli.ts';
import { askOkToStop, PLACEMENT_GROUPS } from './cluster.ts';
import type { OsdMap } from './osds.ts';
import { areAllClean, pgAnswer } from './placement-groups.ts';

/** Each question is a run of the program: of a large cluster some nodes are looked at, evenly spread. The gate says it of the others at their turn. */
const LOOKED_AT = 16;
const AT_ONCE = 4;

/**
 * Says of nodes which pools could never be without one of them, as Ceph itself judges each. While data is on the move it says nothing, for it might be
 * different tomorrow; and nothing of a node that could not be asked about in time.
 * @param daemons of each node
 */
export async function poolsNever(
  ceph: Ceph,
  osdMap: OsdMap,
  daemons: readonly (readonly string[])[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const all = daemons.map((names) => names.filter((name) => name.startsWith('osd.'))).filter((names) => names.length > 0);
  if (all.length === 0) return [];
  const placementGroups = await askJson(ceph, PLACEMENT_GROUPS, pgAnswer, signal).catch(() => undefined);
  if (placementGroups === undefined || !areAllClean(placementGroups)) return [];
  const found = new Set<string>();
  for (const some of batches(sample(all))) {
    const answers = await Promise.all(some.map((names) => askOkToStop(ceph, names, signal).catch(() => undefined)));
    for (const answer of answers) {
      const refusal = answer === undefined ? undefined : poolsRefusal({ osdMap, placementGroups }, answer.osd);
      if (refusal !== undefined) found.add(refusal);
    }
  }
  return [...found];
}

function sample<Each>(all: readonly Each[]): readonly Each[] {
  const step = Math.max(1, all.length / LOOKED_AT);
  return all.filter((_, index) => Math.floor(index / step) !== Math.floor((index - 1) / step));
}

function batches<Each>(all: readonly Each[]): readonly (readonly Each[])[] {
  return Array.from({ length: Math.ceil(all.length / AT_ONCE) }, (_, index) => all.slice(index * AT_ONCE, (index + 1) * AT_ONCE));
}
