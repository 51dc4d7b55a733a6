import { setImmediate } from 'node:timers/promises';
import { Deadline } from '../../common/deadline.ts';
import { UvsError } from '../../common/errors.ts';
import { untilAborted } from '../../common/until-aborted.ts';
import type { OperationContext } from '../operation-context.ts';

/**
 * Waits for a look that was under way when the operation began. It may hang for good, as at a process that the kernel does not let be read, or at a disk:
 * the node's slot is not to be held for that.
 * @throws UvsError DEADLINE_EXCEEDED where it does not end in time; TOKEN_INVALID, CANCELLED as soon as the slot is taken back, or the agent told to end
 */
export async function awaitLooks(context: OperationContext): Promise<void> {
  const { looksMs } = context.bounds;
  const over = context.ports.looksOver();
  const isOver = await Promise.race([over.then(() => true), setImmediate(false)]);
  if (isOver) return;
  context.say('Waiting for a look at limits and settings to end');
  const stopping = context.request?.stopping;
  const stop = stopping === undefined ? context.revocation : AbortSignal.any([context.revocation, stopping]);
  using deadline = new Deadline(looksMs, 'the end of a look', stop);
  try {
    await untilAborted(over, deadline.signal);
  } catch (error) {
    context.revocation.throwIfAborted();
    if (stopping?.aborted === true)
      throw new UvsError('CANCELLED', 'the agent was told to end while it waited for a look at limits and settings');
    if (!deadline.signal.aborted) throw error;
    const sentence = `a look at limits and settings has not ended for ${looksMs / 1000} s: see journalctl -u uvs-agent`;
    throw new UvsError('DEADLINE_EXCEEDED', sentence, { cause: error });
  }
}
