import type { Services } from './ports.ts';

/**
 * Names the units that should run and do not, in their configured order. One that cannot be asked about counts as failed: health needs evidence.
 * Without a service manager there is nothing to ask and nothing fails.
 */
export async function failedServices(services: Services, units: readonly string[], signal: AbortSignal): Promise<readonly string[]> {
  if (units.length === 0 || !(await services.isAvailable())) return [];
  const states = await Promise.all(units.map((unit) => services.isRunning(unit, signal).catch(() => false)));
  return units.filter((_unit, index) => states[index] !== true);
}
