import { toUvsError } from '../../common/errors.ts';
import { stateOf, type OperationContext } from '../operation-context.ts';
import { restoreFiles } from './commit.ts';
import { startAgain, stopStartedServices } from './services.ts';

/**
 * Makes the node what it was: undoes exactly what the journal says may have been done. Asks nobody, because it restores service, and may
 * be run again.
 */
export async function goBack(context: OperationContext, signal: AbortSignal): Promise<void> {
  const { failpoints } = context.ports;
  const { reached, hasRunTasks } = stateOf(context);
  context.say('Going back');
  if (hasRunTasks) await endLeftovers(context);
  if (reached.has('committing')) {
    if (reached.has('starting')) for (const { message } of await stopStartedServices(context, signal)) context.tell(`WARNING: ${message}`);
    failpoints.pass('back-services-stopped');
    await restoreFiles(context);
    failpoints.pass('back-restored');
  }
  // what runs by now may have begun with the release's files, or not have been stopped
  await startAgain(context, signal, reached.has('committing') ? 'anew' : 'if down');
  failpoints.pass('back-services-started');
}

/** Ends what the operation's tasks have left running. A process that left its task's group would write on while the files go back. One that can't be killed is told of and keeps nothing from going back. */
export async function endLeftovers(context: OperationContext): Promise<void> {
  try {
    const ended = await context.ports.tasks.endLeftovers({ operation: context.operation, stateDirectory: context.state.path });
    if (ended > 0) context.tell(`${ended} processes that its tasks had left running were ended`);
  } catch (error) {
    context.tell(`WARNING: ${toUvsError(error).message}`);
  }
}
