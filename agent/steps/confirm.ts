import { stateOf, type OperationContext } from '../operation-context.ts';
import { prepareInstalledEnd } from '../operation-end.ts';
import { proveHealth } from './prove-health.ts';
import { readBack } from './read-back.ts';
import { runTasks } from './run-tasks.ts';
import { confirmServices } from './services.ts';

/**
 * Proves what a release brought, or what was there before one that is taken back, and runs what is to be run last. All that could fail before the
 * record of a release's end is done here, where a failure still goes back. @throws UvsError READBACK_MISMATCH, SERVICE_FAILED, TASK_FAILED, NO_SPACE
 */
export async function confirmFiles(context: OperationContext, signal: AbortSignal): Promise<void> {
  const isRelease = stateOf(context).action === undefined;
  await readBack(context);
  context.ports.failpoints.pass('read-back');
  await confirmServices(context, signal);
  await proveHealth(context, signal);
  // before cleanup, so that nothing is cleaned up of what the node goes back to for want of room
  if (isRelease) await prepareInstalledEnd(context);
  if (isRelease && (await runTasks(context, 'cleanup', signal))) {
    // once more, as an agent does that goes on after a death in cleanup: one release has one end
    await readBack(context);
    await prepareInstalledEnd(context);
  }
  await confirmServices(context, signal);
}
