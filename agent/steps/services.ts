import { UvsError } from '../../common/errors.ts';
import { manifestOf, mayDisturb, mayStillDisturb, stateOf, type OperationContext } from '../operation-context.ts';
import { backOf } from '../retained/back.ts';
import { loadPlan } from './commit.ts';

/** What systemd makes units of, by itself or by a generator of its own; a unit of the release that is elsewhere is there by a link. */
const UNIT_SOURCES = /(?:^|\/)systemd\/|^etc\/(?:fstab|crypttab|init\.d\/)/u;

/** Stops the services of the release, or of the one that is taken back, in its order; only those that run, which is recorded so that the same ones are started again. */
export async function stopServices(context: OperationContext, signal: AbortSignal): Promise<void> {
  const { services } = context.ports;
  const wanted = stateOf(context).action === undefined ? manifestOf(context).services : (await backOf(context)).services;
  if (wanted.length === 0) return;
  if (!(await services.isAvailable())) {
    context.tell(`No service manager runs here: ${wanted.join(', ')} are left alone`);
    return;
  }
  const units: string[] = [];
  for (const unit of wanted) {
    if (await services.isActive(unit, signal)) units.push(unit);
    else context.tell(`${unit} does not run here and is left alone`);
  }
  if (units.length === 0) return;
  await mayDisturb(context, signal);
  await context.journal.append({ kind: 'stopping', operation: context.operation, units });
  context.ports.failpoints.pass('services-recorded');
  for (const [index, unit] of units.entries()) {
    // one may take minutes to stop
    if (index > 0) await mayDisturb(context, signal);
    else await mayStillDisturb(context, signal);
    context.say(`Stopping ${unit}`);
    await services.stop(unit, signal);
    context.ports.failpoints.pass('service-stopped');
  }
}

/** Has systemd read its units anew once a commit, or what took it back, may have changed what it makes them of. @throws UvsError SERVICE_FAILED */
export async function rereadUnits(context: OperationContext, signal: AbortSignal): Promise<void> {
  const { services } = context.ports;
  const { reached, stoppedUnits } = stateOf(context);
  if (!reached.has('committing') || !(await services.isAvailable())) return;
  if (stoppedUnits.length === 0 && !(await loadPlan(context)).actions.some(({ path }) => UNIT_SOURCES.test(path))) return;
  await services.reload(signal);
  context.ports.failpoints.pass('units-reread');
}

/** Starts what was stopped, in the reverse order, by its unit as it is now, and sees that it runs. May be run again. @throws UvsError SERVICE_FAILED */
export async function startServices(context: OperationContext, signal: AbortSignal): Promise<void> {
  const { services, failpoints } = context.ports;
  await rereadUnits(context, signal);
  for (const unit of stateOf(context).stoppedUnits.toReversed()) {
    context.say(`Starting ${unit}`);
    await services.start(unit, signal);
    if (!(await services.isRunning(unit, signal))) throw notRunning(unit, 'was started and does not run');
    failpoints.pass('service-started');
  }
}

/** Sees that what was started still runs at the end: many programs die only once they have read what they were given. @throws UvsError SERVICE_FAILED */
export async function confirmServices(context: OperationContext, signal: AbortSignal): Promise<void> {
  for (const unit of stateOf(context).stoppedUnits) {
    if (!(await context.ports.services.isRunning(unit, signal))) throw notRunning(unit, 'ran after its start and does not run any more');
  }
}

function notRunning(unit: string, what: string): UvsError {
  return new UvsError('SERVICE_FAILED', `${unit} ${what}`, { hint: `See journalctl -u ${unit} on the node.` });
}

/** Stops what may have been started again, before files go back. */
export async function stopStartedServices(context: OperationContext, signal: AbortSignal): Promise<void> {
  for (const unit of stateOf(context).stoppedUnits) {
    context.say(`Stopping ${unit}`);
    await context.ports.services.stop(unit, signal);
    context.ports.failpoints.pass('service-stopped');
  }
}
