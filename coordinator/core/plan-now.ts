import type { PackageRecord, RolloutSpec } from '../domain.ts';
import { planSteps, type PlannedSteps } from '../plan.ts';
import type { Mirror } from '../state/mirror.ts';
import { withRelease } from '../way-back.ts';
import { boundNodes } from './bound-nodes.ts';
import type { Leading } from './leading.ts';
import { asToldLast } from './told-last.ts';

/**
 * Plans by all that is known at this moment, the same for the preview and the creation.
 * @returns the wish with the release that it is about. @throws UvsError what `withRelease` and `planSteps` throw
 */
export function planNow(
  { handOver, link }: Pick<Leading, 'handOver' | 'link'>,
  mirror: Mirror,
  pkg: PackageRecord | undefined,
  asked: RolloutSpec,
): { readonly spec: RolloutSpec; readonly planned: PlannedSteps } {
  const nodes = asToldLast(link, mirror.nodes.values());
  const spec = withRelease(nodes, asked);
  const rolloutByUid = boundNodes(mirror);
  const leaderHost = handOver.nodeName;
  const restartableOf = (uid: string): readonly string[] | undefined => link.live(uid)?.restartable;
  return { spec, planned: planSteps({ nodes, pkg, spec, leaderHost, restartableOf, rolloutOf: (uid) => rolloutByUid.get(uid) }) };
}
