import { UvsError } from '../../common/errors.ts';
import type { Services } from '../ports.ts';
import type { OperationContext } from '../operation-context.ts';

/** The agent's own units, and those of its tasks. */
const OWN = /^uvs-(?:agent|task)/u;
/** What stands for no program, and what others run in. */
const NO_SERVICE = /\.(?:slice|scope|mount|automount|swap|device)$/u;
/** What systemd does not start again. */
const NOT_STARTED = /\.(?:slice|scope|device)$/u;
/** Targets that make the machine what it is; any other one may be stopped. */
const OF_THE_SYSTEM =
  /^(?:default|multi-user|graphical|basic|sysinit|local-fs|network|network-online|shutdown|reboot|poweroff|rescue)\.target$/u;

/** What the service manager would stop for a release: units that run, in that order. */
interface Stops {
  readonly units: readonly string[];
  readonly remarks: readonly string[];
}

/**
 * Finds what of some services runs and is to be stopped, and what the service manager stops along with each, which comes before it: so it is started after it.
 * @throws UvsError SERVICE_FORBIDDEN for a unit that the agent needs itself, or that is none that could be started again
 */
export async function findStops(services: Services, wanted: readonly string[], signal: AbortSignal): Promise<Stops> {
  const units: string[] = [];
  const remarks: string[] = [];
  for (const unit of wanted) {
    demandStoppable(services, unit, unit);
    if (!(await services.isActive(unit, signal))) {
      remarks.push(`${unit} does not run here and is left alone`);
      continue;
    }
    for (const other of await services.stopsWith(unit, signal)) {
      demandStoppable(services, other, unit);
      if (wanted.includes(other) || units.includes(other)) continue;
      units.push(other);
      remarks.push(`${other} stops with ${unit}, and is started again after it`);
    }
    units.push(unit);
  }
  return { units, remarks };
}

/** Refuses a release whose services can't be stopped, before anything of it is written. @throws UvsError SERVICE_FORBIDDEN */
export async function demandStops(
  { ports: { services } }: OperationContext,
  wanted: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  if (wanted.length > 0 && (await services.isAvailable())) await findStops(services, wanted, signal);
}

function demandStoppable(services: Services, unit: string, named: string): void {
  const why =
    OWN.test(unit) || unit === services.ownUnit()
      ? 'the agent runs in it'
      : (unit === named ? NO_SERVICE : NOT_STARTED).test(unit) || OF_THE_SYSTEM.test(unit)
        ? 'it is no service'
        : undefined;
  if (why === undefined) return;
  const along = unit === named ? '' : `, which stops with ${named},`;
  throw new UvsError('SERVICE_FORBIDDEN', `${unit}${along} can't be stopped for a release: ${why}`, {
    hint: `Build the package without ${named} in its "services". A release that brings another agent needs none for it.`,
  });
}
