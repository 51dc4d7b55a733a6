import { toUvsError } from '../../common/errors.ts';
import type { WaysBack } from '../../common/facts.ts';
import { isMounted } from '../files/same-mounts.ts';
import { Tree } from '../files/tree.ts';
import type { StateDirectory } from '../state-directory.ts';
import { hasArea } from './areas.ts';
import { standingBarrier, type BarrierGround } from './barrier.ts';
import { readIndex, type RetainedEntry } from './index-file.ts';
import { isCurrent, type InstalledComponents } from './retain.ts';
import type { Vouching } from './vouching.ts';

const MIXED = 'its files are a mixture that an operator accepted';

/**
 * Tells which releases a node could take back, to what, and what speaks against it.
 * @param vouching undefined: it is not asked who vouches for what was before
 * @param mixed manifests of releases of which some files are others by an operator's word
 */
export async function waysBack(
  state: Pick<StateDirectory, 'retainedPath'>,
  installed: InstalledComponents,
  ground: BarrierGround,
  vouching: Pick<Vouching, 'refusal'> | undefined,
  mixed: readonly string[],
): Promise<WaysBack> {
  const { retained, why } = await readIndex(state);
  const current = retained.filter((entry) => isCurrent(entry, installed));
  return {
    releases: await Promise.all(
      current.map(async (entry) => ({
        manifestHash: entry.manifestHash,
        version: entry.version,
        toVersion: entry.toVersion,
        sizeBytes: entry.sizeBytes,
        refusal: mixed.includes(entry.manifestHash) ? MIXED : ((await whyNotBack(entry, ground)) ?? (await vouching?.refusal(entry)) ?? ''),
      })),
    ),
    why: why ?? (retained.length === 0 ? 'no release has been installed here since this agent retains any' : ''),
  };
}

/** Says what keeps the node from going back, as far as a look can tell; undefined: nothing. */
export async function whyNotBack(
  entry: Pick<RetainedEntry, 'barrier' | 'barrierMounts' | 'startedUnits' | 'bases' | 'operation'>,
  ground: BarrierGround,
): Promise<string | undefined> {
  try {
    const barrier = await standingBarrier(entry, ground);
    if (barrier !== undefined) return barrier;
    using tree = new Tree(ground.root);
    const away = entry.bases.find((base) => !isMounted(tree, base));
    if (away !== undefined) return `/${away} is not mounted now, and was when the release came`;
    const missing = entry.bases.find((base) => !hasArea(ground.root, base, entry.operation));
    return missing === undefined ? undefined : `what was retained on /${missing} is not there`;
  } catch (error) {
    return toUvsError(error).message;
  }
}
