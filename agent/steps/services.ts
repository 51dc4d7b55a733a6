import { toUvsError, UvsError } from '../../common/errors.ts';
import { manifestOf, mayDisturb, mayStillDisturb, stateOf, type OperationContext } from '../operation-context.ts';
import { backOf } from '../retained/back.ts';
import { loadPlan } from './commit.ts';
import { findStops } from './stoppable.ts';

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
  const { units, remarks } = await findStops(services, wanted, signal);
  for (const remark of remarks) context.tell(remark);
  if (units.length === 0) return;
  await mayDisturb(context, signal);
  await context.journal.append({ kind: 'stopping', operation: context.operation, units: [...units] });
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

/**
 * Starts what was stopped, in the reverse order, by its unit as it is now, and sees that it runs. What somebody has started since, such as a socket of its own,
 * runs what the commit has replaced, and is started anew. @throws UvsError SERVICE_FAILED
 */
export async function startServices(context: OperationContext, signal: AbortSignal): Promise<void> {
  await rereadUnits(context, signal);
  for (const unit of stateOf(context).stoppedUnits.toReversed()) {
    await startOne(context, unit, 'anew', signal);
    context.startedHere.add(unit);
  }
}

/** Has what was stopped run again, as far as it does not; may be run again. One that does not start keeps no other from it. @throws UvsError SERVICE_FAILED */
export async function startAgain(context: OperationContext, signal: AbortSignal, how: 'anew' | 'if down' = 'if down'): Promise<void> {
  const errors: UvsError[] = [];
  await rereadUnits(context, signal).catch((error: unknown) => errors.push(toUvsError(error)));
  for (const unit of stateOf(context).stoppedUnits.toReversed())
    await startOne(context, unit, how, signal).catch((error: unknown) => errors.push(toUvsError(error)));
  throwFirst(errors);
}

async function startOne(context: OperationContext, unit: string, how: 'anew' | 'if down', signal: AbortSignal): Promise<void> {
  const { services, failpoints } = context.ports;
  context.say(`Starting ${unit}`);
  await (how === 'anew' ? services.startAnew(unit, signal) : services.start(unit, signal));
  if (!(await services.isRunning(unit, signal))) throw notRunning(unit, 'was started and does not run');
  failpoints.pass('service-started');
}

function throwFirst(errors: readonly UvsError[]): void {
  const [first, ...others] = errors;
  if (first === undefined) return;
  if (others.length === 0) throw first;
  throw new UvsError(first.reason, `${first.message}; and ${others.map(({ message }) => message).join('; ')}`, {
    cause: first,
    hint: first.hint,
  });
}

/** Sees that what was started still runs at the end: many programs die only once they have read what they were given. @throws UvsError SERVICE_FAILED */
export async function confirmServices(context: OperationContext, signal: AbortSignal): Promise<void> {
  const { services } = context.ports;
  for (const unit of stateOf(context).stoppedUnits) {
    if (!(await services.isRunning(unit, signal))) throw notRunning(unit, 'ran after its start and does not run any more');
    // of one that an agent before has started nobody knows since when they are counted
    const deaths = context.startedHere.has(unit) ? await services.deaths(unit, signal) : 0;
    if (deaths > 0) throw notRunning(unit, `ran after its start, has died since, and was started again (${deaths} times so far)`);
  }
}

function notRunning(unit: string, what: string): UvsError {
  return new UvsError('SERVICE_FAILED', `${unit} ${what}`, { hint: `See journalctl -u ${unit} on the node.` });
}

/** Stops what may have been started again, before files go back. One that does not stop keeps neither the others nor the files from it. @returns what failed */
export async function stopStartedServices(context: OperationContext, signal: AbortSignal): Promise<readonly UvsError[]> {
  const errors: UvsError[] = [];
  for (const unit of stateOf(context).stoppedUnits) {
    context.say(`Stopping ${unit}`);
    await context.ports.services.stop(unit, signal).catch((error: unknown) => errors.push(toUvsError(error)));
    context.ports.failpoints.pass('service-stopped');
  }
  return errors;
}
