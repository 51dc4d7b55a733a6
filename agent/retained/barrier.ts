import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Barrier } from '../../common/upd/manifest.ts';
import { isErrno } from '../files/errno.ts';
import type { Services, Units } from '../ports.ts';

const SERVICE_MANAGER_MS = 20_000;

/** Where it is found out whether a barrier stands. */
export interface BarrierGround {
  /** The managed root. */
  readonly root: string;
  readonly services: Pick<Services, 'isAvailable'>;
  readonly units: Pick<Units, 'matching'>;
}

/**
 * Says why a release can't be taken back, in its own words; undefined: it can. What can't be found out counts as having happened.
 * @param startedUnits that the release itself has started again
 */
export async function standingBarrier(
  barrier: Barrier | undefined,
  startedUnits: readonly string[],
  ground: BarrierGround,
): Promise<string | undefined> {
  if (barrier === undefined || !(await hasHappened(barrier, startedUnits, ground))) return undefined;
  return barrier.sentence;
}

async function hasHappened({ once }: Barrier, startedUnits: readonly string[], ground: BarrierGround): Promise<boolean> {
  if (once === undefined) return true;
  if ('path' in once) return await isThere(join(ground.root, once.path));
  return once.units.some((pattern) => startedUnits.some((unit) => matches(unit, pattern))) || (await hasAny(once.units, ground));
}

async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    return !isErrno(error, 'ENOENT', 'ENOTDIR');
  }
}

/** Whether the node has one of them: one that somebody has stopped may have run before. */
async function hasAny(patterns: readonly string[], { services, units }: BarrierGround): Promise<boolean> {
  const signal = AbortSignal.timeout(SERVICE_MANAGER_MS);
  try {
    if (!(await services.isAvailable())) return true;
    return (await Promise.all(patterns.map((pattern) => units.matching(pattern, signal)))).some((found) => found.length > 0);
  } catch {
    return true;
  }
}

/** As systemctl(1) takes patterns of ours, in which only "*" is special. */
function matches(unit: string, pattern: string): boolean {
  const expression = pattern
    .split('*')
    .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('.*');
  return new RegExp(`^${expression}$`).test(unit);
}
