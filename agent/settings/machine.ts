import { runProgram } from '../os/run-program.ts';
import { systemctlBy } from '../os/systemctl.ts';
import type { StateDirectory } from '../state-directory.ts';
import { storedBefore } from './before.ts';
import { SettingsKeeper } from './keeper.ts';
import { procSys } from './proc-sys.ts';
import { SysctlSettings } from './sysctl.ts';
import { timeClients } from './time-clients.ts';
import { TimeServers } from './time-servers.ts';
import { TimeZone } from './time-zone.ts';

/** Keeps the settings of this machine. */
export function settingsOfMachine(state: Pick<StateDirectory, 'path'>): SettingsKeeper {
  const root = '/';
  const before = storedBefore(state);
  const clients = timeClients({ root, systemctl: systemctlBy('systemctl'), run: runProgram });
  return new SettingsKeeper({
    timeZone: new TimeZone(root, before),
    timeServers: new TimeServers({ root, clients, before, nowMs: () => performance.now() }),
    sysctl: new SysctlSettings({ root, kernel: procSys(root), before, nowMs: () => performance.now() }),
  });
}
