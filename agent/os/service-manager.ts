import { existsSync } from 'node:fs';
import type { Services, Units } from '../ports.ts';
import { systemctlBy } from './systemctl.ts';
import { noServices, systemdServices } from './systemd-services.ts';
import { systemdUnits } from './systemd-units.ts';

/**
 * The service manager of a managed root: systemd where it is the machine's. In a sandbox, whose machine is somebody else's, no service is
 * touched but by its stand-in.
 * @param sandboxSystemctl the program, with what comes before its own arguments, that stands for systemctl where the root is a sandbox
 */
export function serviceManagerAt(
  root: string,
  sandboxSystemctl: readonly [string, ...string[]] | undefined,
): { readonly services: Services; readonly units: Units } {
  const systemctl = root === '/' ? systemctlBy() : systemctlBy(sandboxSystemctl);
  const units = systemdUnits(systemctl);
  // sd_booted(3)
  if (root === '/') return { services: systemdServices(systemctl, () => existsSync('/run/systemd/system')), units };
  return { services: sandboxSystemctl === undefined ? noServices : systemdServices(systemctl, () => true), units };
}
