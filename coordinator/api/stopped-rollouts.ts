import { setImmediate } from 'node:timers/promises';
import type { UvsError } from '../../common/errors.ts';
import type { TrustedRoot } from '../../common/upd/root.ts';
import type { StoppedRollout } from '../../proto/gen/uvs/v1/StoppedRollout.ts';
import type { PackageTrust } from '../blobs/package-trust.ts';
import type { Core } from '../core.ts';
import { digestOf } from '../goal.ts';

/**
 * The rollouts that have not ended, and whose packages a root file does not take: no node begins with them under it. Each package is judged once,
 * and all else that has come meanwhile has its turn before each.
 */
export async function stoppedRollouts(
  core: {
    readonly rollouts: Pick<Core['rollouts'], 'ids' | 'summaries'>;
    readonly packages: Pick<Core['packages'], 'list'>;
  },
  trust: Pick<PackageTrust, 'refusal'>,
  root: TrustedRoot,
  signal: AbortSignal,
): Promise<StoppedRollout[]> {
  const packages = new Map((await core.packages.list()).map((record) => [record.digest, record]));
  const judged = new Map<string, UvsError | undefined>();
  const stopped: StoppedRollout[] = [];
  for (const id of await core.rollouts.ids()) {
    await setImmediate(undefined, { signal });
    const [rollout] = await core.rollouts.summaries([id]);
    if (rollout === undefined || rollout.state.endedAt !== undefined) continue;
    const record = packages.get(digestOf(rollout.plan.spec) ?? '');
    if (record === undefined) continue;
    const { digest, product, version } = record;
    if (!judged.has(digest)) judged.set(digest, await trust.refusal(record, root));
    const refusal = judged.get(digest);
    if (refusal === undefined) continue;
    stopped.push({ rollout: `rollouts/${id}`, package: `packages/${digest}`, product, version, reason: refusal.reason });
  }
  return stopped;
}
