import { setImmediate } from 'node:timers/promises';
import type { WayBack } from '../../common/facts.ts';
import type { TrustedRoot } from '../../common/upd/root.ts';
import type { RootLosses } from '../../proto/gen/uvs/v1/RootLosses.ts';
import type { PackageTrust } from '../blobs/package-trust.ts';
import type { Core } from '../core.ts';
import type { NodeRecord, PackageRecord } from '../domain.ts';

/**
 * Counts what a newer root file takes away beside rollouts: packages here that nobody vouches for any more, and nodes that could go back until now. What a
 * node would go back to is known by its version alone: it is judged by the packages of that version that are here, and where there are none nothing is known.
 */
export async function rootLosses(
  core: { readonly packages: Pick<Core['packages'], 'list'>; readonly nodes: Pick<Core['nodes'], 'list'> },
  trust: Pick<PackageTrust, 'refusal'>,
  roots: { readonly before: TrustedRoot; readonly after: TrustedRoot },
  signal: AbortSignal,
): Promise<RootLosses> {
  const packages = await core.packages.list();
  const lost = new Set<PackageRecord>();
  for (const record of packages) {
    // each may be megabytes: others have their turn between
    await setImmediate(undefined, { signal });
    const refusal = await trust.refusal(record, roots.after);
    if (refusal !== undefined && (await trust.refusal(record, roots.before)) === undefined) lost.add(record);
  }
  let [nodesLosing, nodesUnknown] = [0, 0];
  for (const node of core.nodes.list()) {
    const prospects = openWays(node).map((way) =>
      prospectOf(
        packages.filter((record) => isBefore(record, way, node)),
        lost,
      ),
    );
    if (prospects.includes('lost')) nodesLosing += 1;
    else if (prospects.includes('unknown')) nodesUnknown += 1;
  }
  return { packages: lost.size, nodesLosingWayBack: nodesLosing, nodesUnknown };
}

function openWays({ facts }: NodeRecord): readonly WayBack[] {
  return (facts?.waysBack?.releases ?? []).filter(({ refusal }) => refusal === '');
}

/** Whether a package may be of what a node would go back to. */
function isBefore({ version, components }: PackageRecord, { manifestHash, toVersion }: WayBack, { facts }: NodeRecord): boolean {
  const taken = (facts?.installed ?? []).filter((release) => release.manifestHash === manifestHash);
  return version === toVersion && taken.some(({ component }) => component in components);
}

function prospectOf(candidates: readonly PackageRecord[], lost: ReadonlySet<PackageRecord>): 'kept' | 'lost' | 'unknown' {
  const gone = candidates.filter((record) => lost.has(record)).length;
  if (candidates.length === 0 || (gone > 0 && gone < candidates.length)) return 'unknown';
  return gone > 0 ? 'lost' : 'kept';
}
