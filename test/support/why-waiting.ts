import type { Core } from '../../coordinator/core.ts';
import { eventually } from './eventually.ts';

/** Waits until a rollout says that it waits for what the pattern says. */
export async function whyWaiting(core: Core, rollout: string, pattern: RegExp): Promise<void> {
  await eventually(`it waits: ${pattern.source}`, async () => pattern.test((await core.rollouts.get(rollout)).waitingFor), 20_000);
}

/** Why the whole cluster is held; empty where it is not. */
export async function whyHeld(core: Core): Promise<string> {
  const { ledger } = await core.cluster.describe();
  return ledger.hold?.reason ?? '';
}
