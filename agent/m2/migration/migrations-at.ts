import { setTimeout as wait } from 'node:timers/promises';
import { reloadUnits, systemctlBy } from '../../os/systemctl.ts';
import { UNIT_DIRECTORY } from '../../os/unit-directory.ts';
import { MOUNT_POINT, whyNotOwnSsd } from '../observe.ts';
import { migrationMachine } from './migration-machine.ts';
import { whoSees } from './namespaces.ts';
import type { Migrations } from './ports.ts';
import { migrationMemory } from './record.ts';

const RELOAD_MS = 300_000;

/** Undefined for a sandbox: only the machine itself has disks and mounts. @param statePath the agent's state directory */
export function migrationsAt(root: string, statePath: string): Migrations | undefined {
  if (root !== '/') return undefined;
  const machine = migrationMachine({
    mountPoint: MOUNT_POINT,
    statePath,
    whyNotOwn: async () => await whyNotOwnSsd(statePath),
    whoSees,
    unitsAt: UNIT_DIRECTORY,
    systemctl: systemctlBy('systemctl'),
    reload: async () => await reloadUnits(AbortSignal.timeout(RELOAD_MS)),
    wait,
  });
  return { machine, memory: migrationMemory(statePath) };
}
