import { existsSync } from 'node:fs';
import type { Services, Units } from '../ports.ts';
import { reloadUnits, reloadUnitsBy, systemctlBy } from './systemctl.ts';
import { noServices, systemdServices } from './systemd-services.ts';
import { systemdUnits } from './systemd-units.ts';

export interface ServiceManager {
  readonly services: Services;
  readonly units: Units;
}

/** The service manager of a managed root. @param sandboxSystemctl the program that stands for systemctl(1) where the root is a sandbox */
export function serviceManagerAt(root: string, sandboxSystemctl: readonly string[] | undefined): ServiceManager {
  if (root === '/') {
    const systemctl = systemctlBy('systemctl');
    // sd_booted(3)
    return { services: systemdServices(systemctl, reloadUnits, () => existsSync('/run/systemd/system')), units: systemdUnits(systemctl) };
  }
  const [program, ...args] = sandboxSystemctl ?? [];
  // without services nobody asks for units
  if (program === undefined) return { services: noServices, units: systemdUnits(systemctlBy('false')) };
  const systemctl = systemctlBy(program, ...args);
  return { services: systemdServices(systemctl, reloadUnitsBy(program, ...args), () => true), units: systemdUnits(systemctl) };
}
