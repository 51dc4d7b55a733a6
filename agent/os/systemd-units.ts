import type { Units } from '../ports.ts';
import type { Systemctl } from './systemctl.ts';
import { forgive } from './systemd-services.ts';
import { unitProperties } from './unit-properties.ts';

/** Finds and restarts units by systemctl(1). */
export function systemdUnits(systemctl: Systemctl): Units {
  return {
    matching: async (pattern, signal) => {
      const printed = await systemctl('list-units', ['--all', '--plain', '--no-legend', '--full', '--state=loaded'], pattern, signal);
      return printed
        .split('\n')
        .flatMap((line) => line.trim().split(/\s+/, 1))
        .filter((unit) => unit !== '');
    },
    partsOf: async (target, signal) => {
      const { ConsistsOf = '' } = await unitProperties(systemctl, target, ['ConsistsOf'], signal);
      return ConsistsOf.split(' ').filter((unit) => unit !== '');
    },
    state: async (unit, signal) => {
      const found = await unitProperties(
        systemctl,
        unit,
        ['ActiveState', 'InvocationID', 'ActiveEnterTimestampMonotonic', 'MainPID'],
        signal,
      );
      const { ActiveState = '', InvocationID = '', ActiveEnterTimestampMonotonic = '', MainPID = '0' } = found;
      return {
        unit,
        isRunning: ActiveState === 'active' || ActiveState === 'reloading',
        isWanted: ActiveState !== 'inactive' && ActiveState !== 'deactivating',
        start: `${InvocationID}/${ActiveEnterTimestampMonotonic}`,
        mainPid: Number.parseInt(MainPID, 10),
      };
    },
    forgive: async (unit, signal) => await forgive(systemctl, unit, signal),
    start: async (unit, signal) => void (await systemctl('start', [], unit, signal)),
    restart: async (unit, signal) => void (await systemctl('restart', [], unit, signal)),
  };
}
