import { stateOf, type OperationContext } from '../operation-context.ts';
import { restoreFiles } from './commit.ts';
import { startServices, stopStartedServices } from './services.ts';

/**
 * Makes the node what it was: undoes exactly what the journal says may have been done. Asks nobody, because it restores service, and may
 * be run again.
 */
export async function goBack(context: OperationContext, signal: AbortSignal): Promise<void> {
  const { failpoints } = context.ports;
  const { reached, stoppedUnits } = stateOf(context);
  context.say('Going back');
  if (reached.has('committing')) {
    if (reached.has('starting')) await stopStartedServices(context, signal);
    failpoints.pass('back-services-stopped');
    await restoreFiles(context);
    failpoints.pass('back-restored');
  }
  if (stoppedUnits.length > 0) await startServices(context, signal);
  failpoints.pass('back-services-started');
}
