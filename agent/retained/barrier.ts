import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Barrier } from '../../common/upd/manifest.ts';
import { isErrno } from '../files/errno.ts';
import type { Services, Units } from '../ports.ts';
import { whyUnseen } from './barrier-place.ts';

const SERVICE_MANAGER_MS = 20_000;

/** Where it is found out whether a barrier stands. */
export interface BarrierGround {
  /** The managed root. */
  readonly root: string;
  readonly services: Pick<Services, 'isAvailable'>;
  readonly units: Pick<Units, 'matching'>;
}

/** What a release has declared, and what is known of it since. */
export interface DeclaredBarrier {
  readonly barrier?: Barrier;
  /** Units that the release itself has started again. */
  readonly startedUnits: readonly string[];
  /** Mounts on which its path was when the release was done; an earlier agent noted none. */
  readonly barrierMounts?: readonly string[];
}

/** Says why a release can't be taken back, in its own words; undefined: it can. What can't be found out counts as having happened. */
export async function standingBarrier(declared: DeclaredBarrier, ground: BarrierGround): Promise<string | undefined> {
  const { barrier, startedUnits, barrierMounts = [] } = declared;
  if (barrier === undefined) return undefined;
  const { sentence, once } = barrier;
  if (once === undefined) return sentence;
  if ('path' in once) {
    if (await isThere(join(ground.root, once.path))) return sentence;
    const unseen = await whyUnseen(ground.root, once.path, barrierMounts);
    return unseen === undefined ? undefined : `whether it may be is told by /${once.path}, and ${unseen} (${sentence})`;
  }
  const has = once.units.some((pattern) => startedUnits.some((unit) => matches(unit, pattern))) || (await hasAny(once.units, ground));
  return has ? sentence : undefined;
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
