import type { TrustedRoot } from '../../common/upd/root.ts';
import type { StoppedRollout } from '../../proto/gen/uvs/v1/StoppedRollout.ts';
import type { PackageTrust } from '../blobs/package-trust.ts';
import type { Core } from '../core.ts';
import { digestOf } from '../goal.ts';

/** The rollouts that have not ended, and whose packages a root file does not take: no node begins with them under it. */
export async function stoppedRollouts(
  core: { readonly rollouts: Pick<Core['rollouts'], 'ids' | 'summaries'>; readonly packages: Pick<Core['packages'], 'find'> },
  trust: Pick<PackageTrust, 'refusal'>,
  root: TrustedRoot,
): Promise<StoppedRollout[]> {
  const stopped: StoppedRollout[] = [];
  for (const { plan, state } of await core.rollouts.summaries(await core.rollouts.ids())) {
    const digest = digestOf(plan.spec);
    if (digest === undefined || state.endedAt !== undefined) continue;
    const refusal = await trust.refusal(digest, root);
    if (refusal === undefined) continue;
    const { product, version } = await core.packages.find(digest);
    stopped.push({ rollout: `rollouts/${plan.id}`, package: `packages/${digest}`, product, version, reason: refusal.reason });
  }
  return stopped;
}
