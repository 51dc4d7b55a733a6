import { setTimeout as delay } from 'node:timers/promises';
import { toUvsError, UvsError } from '../../common/errors.ts';
import { mayStillDisturb, stateOf, type OperationContext } from '../operation-context.ts';

const LOOK_AGAIN_MS = 1_000;

/** @throws UvsError NOT_ALLOWED_NOW where this agent can't have the machine rebooted */
export function demandReboot(context: OperationContext): void {
  const { cannotReboot } = context.ports.machine;
  if (cannotReboot !== undefined) throw new UvsError('NOT_ALLOWED_NOW', `this node can't be rebooted: ${cannotReboot}`);
}

/**
 * Has the machine rebooted, and resolves once it runs in another boot: that is the proof. The word is given once. An agent that was killed
 * after it can't know how far the machine is, so it waits and gives no second one.
 * @throws UvsError CANCELLED where the slot is not its own any more; DEADLINE_EXCEEDED where the machine does not go down in time; whatever its
 * reboot threw, or why the agent is stopping
 */
export async function rebootMachine(context: OperationContext, signal: AbortSignal): Promise<void> {
  const { clock, machine, failpoints } = context.ports;
  const untilMs = clock.nowMs() + context.bounds.rebootMs;
  if (stateOf(context).rebootedFrom === undefined) {
    await context.journal.append({ kind: 'rebooting', operation: context.operation, bootId: await machine.bootId() });
    failpoints.pass('boot-recorded');
    await demandStillAllowed(context, signal);
    context.say(
      `Rebooting: the machine has ${Math.round(context.bounds.rebootMs / 1000)} s to go down (systemctl list-jobs tells what holds it up)`,
    );
    try {
      await machine.reboot(signal);
    } catch (thrown) {
      // the machine going down may end the program that asked for it
      context.request?.stopping?.throwIfAborted();
      throw toUvsError(thrown);
    }
    failpoints.pass('reboot-asked');
  }
  const before = stateOf(context).rebootedFrom;
  while ((await machine.bootId()) === before) {
    context.request?.stopping?.throwIfAborted();
    if (clock.nowMs() >= untilMs) {
      throw new UvsError('DEADLINE_EXCEEDED', `the machine did not go down within ${Math.round(context.bounds.rebootMs / 1000)} s`, {
        hint: 'See what holds its shutdown up: systemctl list-jobs.',
      });
    }
    await pauseUnless(context.request?.stopping);
  }
}

/** Whether a reboot was asked for in the present boot, so that only the next one can tell what became of it. */
export function isGoingDown(rebootedFrom: string | undefined, bootId: string): boolean {
  return rebootedFrom === bootId;
}

/** The last moment in which the operation can be given up; all that takes time is done before it asks. @throws UvsError CANCELLED */
async function demandStillAllowed(context: OperationContext, signal: AbortSignal): Promise<void> {
  try {
    await context.ports.machine.sync();
    await mayStillDisturb(context, signal);
  } catch (thrown) {
    throw new UvsError('CANCELLED', `the machine was not told to reboot: ${toUvsError(thrown).message}`, { cause: thrown });
  }
}

async function pauseUnless(stopping: AbortSignal | undefined): Promise<void> {
  await delay(LOOK_AGAIN_MS, undefined, stopping === undefined ? {} : { signal: stopping }).catch(() => undefined);
}
