import { pause } from '../../common/deadline.ts';
import { UvsError, toUvsError } from '../../common/errors.ts';
import { stateOf, type OperationContext } from '../operation-context.ts';
import type { HealthVerdict } from '../ports.ts';

/**
 * Where the rollout wants nodes rolled back that do not become healthy: waits until a coordinator finds the node and the storage healthy,
 * and fails once it has said no for as long as the rollout allows. While nobody can judge, because no coordinator answers or etcd is held,
 * it waits on, for going back takes services down; what is to be done then an operator decides, who may take the slot back.
 * @throws UvsError DEADLINE_EXCEEDED with what the coordinator said last
 */
export async function proveHealth(context: OperationContext, signal: AbortSignal): Promise<void> {
  const { rollBackAfterMs } = stateOf(context);
  if (rollBackAfterMs === undefined || context.request?.slots === undefined) return;
  const { clock } = context.ports;
  const untilMs = clock.nowMs() + rollBackAfterMs;
  const stop = AbortSignal.any([signal, context.revocation]);
  // nothing that disturbs is begun once the slot is taken back, and going back would be
  while (stateOf(context).revokedReason === undefined) {
    const { verdict, reason } = await judge(context, stop);
    if (verdict === 'healthy') return;
    if (verdict === 'unhealthy' && clock.nowMs() >= untilMs) {
      throw new UvsError('DEADLINE_EXCEEDED', `it was not healthy within ${Math.round(rollBackAfterMs / 1000)} s: ${reason}`);
    }
    context.say(`Waiting to be found healthy: ${reason}`);
    await pause(context.bounds.judgeAgainMs, 'the next question', stop).catch(() => undefined);
  }
}

async function judge(context: OperationContext, signal: AbortSignal): Promise<HealthVerdict> {
  const { token } = stateOf(context);
  const keeper = context.request?.slots;
  if (keeper === undefined || token === undefined) return { verdict: 'undecided', reason: 'nobody can be asked' };
  try {
    return await keeper.judge(context.operation, token, signal);
  } catch (error) {
    return { verdict: 'undecided', reason: toUvsError(error).message };
  }
}
