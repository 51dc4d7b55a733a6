import * as v from 'valibot';
import { count, word } from './answer.ts';

/** How many placement groups are in which state, e.g. "active+clean". */
export interface PlacementGroups {
  /** False while a manager that has just taken over has not heard from all OSDs. */
  readonly isReady: boolean;
  readonly total: number;
  readonly byState: ReadonlyMap<string, number>;
}

const counted = v.object({ num_pg_by_state: v.array(v.object({ name: word, num: count })), num_pgs: count });

/** `pg stat`: 14.2 and later wrap what 12.2 says plainly. */
export const pgAnswer = v.union([
  v.pipe(
    v.object({ pg_ready: v.boolean(), pg_summary: counted }),
    v.transform(({ pg_ready, pg_summary }) => placementGroups(pg_ready, pg_summary)),
  ),
  v.pipe(
    counted,
    v.transform((summary) => placementGroups(true, summary)),
  ),
]);

function placementGroups(isReady: boolean, summary: v.InferOutput<typeof counted>): PlacementGroups {
  return { isReady, total: summary.num_pgs, byState: new Map(summary.num_pg_by_state.map(({ name, num }) => [name, num])) };
}

/** Besides "active": all copies are there, and what goes on harms nobody. */
const HARMLESS: ReadonlySet<string> = new Set([
  'active',
  'clean',
  'remapped',
  'backfilling',
  'backfill_wait',
  'forced_backfill',
  'scrubbing',
  'deep',
  'snaptrim',
  'snaptrim_wait',
]);

/** Whether a placement group serves and has all its copies; scrubbing and being moved are fine. */
export function isWell(state: string): boolean {
  const parts = state.split('+');
  return parts.includes('active') && (parts.includes('clean') || parts.includes('remapped')) && parts.every((part) => HARMLESS.has(part));
}

/** Whether all are where they belong: what Ceph says of them now it will say tomorrow. */
export function areAllClean(groups: PlacementGroups): boolean {
  const states = [...groups.byState].filter(([, number]) => number > 0).map(([state]) => state.split('+'));
  return pgRefusal(groups) === undefined && states.every((parts) => parts.includes('clean') && !parts.includes('remapped'));
}

/** Says why whoever answered can't be a manager that works: it knows of all placement groups, whatever their state is. */
export function unknownPgsRefusal({ isReady, total, byState }: PlacementGroups): string | undefined {
  const known = [...byState].reduce((sum, [state, number]) => (state === 'unknown' ? sum : sum + number), 0);
  return isReady && known >= total ? undefined : 'the manager does not know the placement groups yet';
}

export function pgRefusal(groups: PlacementGroups): string | undefined {
  if (!groups.isReady) return 'the manager does not know the placement groups yet';
  const ill = [...groups.byState].filter(([state, number]) => number > 0 && !isWell(state));
  const known = [...groups.byState.values()].reduce((sum, number) => sum + number, 0);
  if (known < groups.total) ill.push(['of unknown state', groups.total - known]);
  if (ill.length === 0) return undefined;
  return `placement groups are not active+clean: ${ill.map(([state, number]) => `${number} ${state}`).join(', ')} of ${groups.total}`;
}
