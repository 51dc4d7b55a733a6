import { setTimeout as delay } from 'node:timers/promises';
import { UvsError } from '../../common/errors.ts';
import { isCephUnit } from '../../common/unit-pattern.ts';
import { mayDisturb, mayStillDisturb, stateOf, type OperationContext } from '../operation-context.ts';
import { byDaemon } from '../unit-order.ts';

const LOOK_AGAIN_MS = 500;

/**
 * Finds the units that a restart is about, in the order in which they are restarted: of a pattern or a target those that run or ought to, of
 * a full name the unit itself. None where there are patterns and targets alone and nothing matches: of the many nodes of a role, one has no such
 * daemon or has it stopped, which is no failure of a restart of all.
 * @throws UvsError PERMISSION_DENIED for a unit that is not among those that may be restarted here, NOT_FOUND for a unit that is named and not here
 */
export async function unitsToRestart(
  context: OperationContext,
  patterns: readonly string[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { found, unmatched } = await search(context, patterns, 'restarted', signal);
  const missing = unmatched.filter((pattern) => !isOfMany(pattern));
  return missing.length === 0 ? found : await failNotFound(context, missing, signal);
}

/**
 * Finds the units that are stopped while a directory is moved, as a restart finds them; here there has to be one.
 * @throws UvsError PERMISSION_DENIED for a unit that may not be stopped here, NOT_FOUND where nothing matches
 */
export async function unitsToStop(context: OperationContext, patterns: readonly string[], signal: AbortSignal): Promise<readonly string[]> {
  const { found } = await search(context, patterns, 'stopped', signal);
  return found.length > 0 ? found : await failNotFound(context, patterns, signal);
}

/** Whether it stands for as many units as there are. */
export function isOfMany(pattern: string): boolean {
  return pattern.includes('*') || pattern.endsWith('.target');
}

async function search(
  context: OperationContext,
  patterns: readonly string[],
  done: 'restarted' | 'stopped',
  signal: AbortSignal,
): Promise<{ readonly found: readonly string[]; readonly unmatched: readonly string[] }> {
  demandAllowed(context, patterns, done);
  if (!(await context.ports.services.isAvailable())) {
    throw new UvsError('NOT_FOUND', `no service manager runs here by which anything could be ${done}`, {
      hint: 'A sandbox has none but that of `sandboxSystemctl` in its agent.toml; on a machine see that systemd runs.',
    });
  }
  const found = new Set<string>();
  const unmatched: string[] = [];
  for (const pattern of patterns) {
    const units = await resolve(context, pattern, signal);
    for (const unit of units) found.add(unit);
    if (units.length === 0) unmatched.push(pattern);
  }
  return { found: [...found].toSorted(byDaemon), unmatched };
}

/** @throws UvsError always */
async function failNotFound(context: OperationContext, patterns: readonly string[], signal: AbortSignal): Promise<never> {
  const loaded = (await Promise.all(patterns.map((pattern) => context.ports.units.matching(pattern, signal)))).flat();
  const stopped = loaded.length === 0 ? '' : ` that runs or has failed (stopped: ${loaded.slice(0, 8).join(', ')})`;
  throw new UvsError('NOT_FOUND', `no unit here matches ${patterns.join(', ')}${stopped}`, {
    hint: 'Choose nodes that have it, e.g. with --role.',
  });
}

/** @throws UvsError PERMISSION_DENIED for a unit that no coordinator may have restarted, or stopped, here */
export function demandAllowed(context: OperationContext, patterns: readonly string[], done: 'restarted' | 'stopped'): void {
  const allowed = context.setup.restartable ?? [];
  const refused = patterns.find((pattern) => !isCephUnit(pattern) && !allowed.includes(pattern));
  if (refused === undefined) return;
  throw new UvsError(
    'PERMISSION_DENIED',
    `${refused} is not ${done} on this node; units of Ceph are, and those that \`services\` in its agent.toml names`,
    {
      hint: 'Choose other units or other nodes, or have its agent.toml name this one.',
    },
  );
}

async function resolve(context: OperationContext, pattern: string, signal: AbortSignal): Promise<readonly string[]> {
  const { units } = context.ports;
  if (pattern.endsWith('.target')) return await wanted(context, await servicesOf(context, pattern, new Set(), signal), signal);
  if (pattern.includes('*')) return await wanted(context, (await units.matching(pattern, signal)).filter(isCephUnit), signal);
  return await units.matching(pattern, signal);
}

/** A target is restarted by its services, so that each is seen to come back, and in order. */
async function servicesOf(context: OperationContext, target: string, seen: Set<string>, signal: AbortSignal): Promise<readonly string[]> {
  if (seen.has(target)) return [];
  seen.add(target);
  const services: string[] = [];
  for (const part of await context.ports.units.partsOf(target, signal)) {
    if (!isCephUnit(part)) continue;
    if (part.endsWith('.target')) services.push(...(await servicesOf(context, part, seen, signal)));
    else services.push(part);
  }
  return services;
}

/** What somebody has stopped stays stopped. */
async function wanted(context: OperationContext, units: readonly string[], signal: AbortSignal): Promise<readonly string[]> {
  const states = await Promise.all(units.map((unit) => context.ports.units.state(unit, signal)));
  return states.filter(({ isWanted }) => isWanted).map(({ unit }) => unit);
}

/**
 * Restarts the units one after the other; each has to run, by another start than before, ahead of the next. May be run again: what was
 * restarted already is seen by its start. @throws UvsError SERVICE_FAILED; of the slot, only between two units
 */
export async function restartUnits(context: OperationContext, patterns: readonly string[], signal: AbortSignal): Promise<void> {
  const { units, failpoints } = context.ports;
  let isDisturbed = stateOf(context).restartedUnits !== undefined;
  if (!isDisturbed) {
    const found = await unitsToRestart(context, patterns, signal);
    const states = await Promise.all(found.map((unit) => units.state(unit, signal)));
    const marks = states.map(({ unit, start }) => ({ unit, start }));
    await context.journal.append({ kind: 'restarting', operation: context.operation, units: marks });
    failpoints.pass('units-recorded');
  }
  for (const { unit, start } of stateOf(context).restartedUnits ?? []) {
    const now = await units.state(unit, signal);
    if (now.start === start || !now.isRunning) {
      await units.forgive(unit, signal);
      // the phase before has asked for the first one
      if (now.isRunning) await (isDisturbed ? mayDisturb(context, signal) : mayStillDisturb(context, signal));
      isDisturbed = true;
      context.say(`Restarting ${unit}`);
      // nobody is asked about a unit that is down already; one that has come back by itself meanwhile is not to go down again
      await (now.isRunning ? units.restart(unit, signal) : units.start(unit, signal));
    }
    await seeRunning(context, unit, start, signal);
    failpoints.pass('unit-restarted');
  }
}

/** Sees that all still run at the end: many programs die only once they have read what they were given. @throws UvsError SERVICE_FAILED */
export async function confirmRestart(context: OperationContext, signal: AbortSignal): Promise<void> {
  for (const { unit, start } of stateOf(context).restartedUnits ?? []) await seeRunning(context, unit, start, signal);
}

async function seeRunning(context: OperationContext, unit: string, before: string, signal: AbortSignal): Promise<void> {
  const { clock, units } = context.ports;
  const untilMs = clock.nowMs() + context.bounds.runningMs;
  for (;;) {
    const { isRunning, start } = await units.state(unit, signal);
    if (isRunning && start !== before) return;
    if (clock.nowMs() >= untilMs) {
      const why = isRunning ? 'still runs as it did before' : 'does not run';
      throw new UvsError('SERVICE_FAILED', `${unit} was restarted and ${why}`, { hint: `See journalctl -u ${unit} on the node.` });
    }
    await delay(LOOK_AGAIN_MS, undefined, { signal });
  }
}
