import { runProgram } from '../os/run-program.ts';
import { systemctlBy } from '../os/systemctl.ts';
import type { StateDirectory } from '../state-directory.ts';
import { storedBefore } from './before.ts';
import { SettingsKeeper } from './keeper.ts';
import { procSys } from './proc-sys.ts';
import { forgetPurged } from './purged.ts';
import { SysctlSettings } from './sysctl.ts';
import { timeClients } from './time-clients.ts';
import { TimeServers } from './time-servers.ts';
import { TimeZone } from './time-zone.ts';

/** Keeps the settings of this machine. @param bootId random for each boot */
export function settingsOfMachine(state: Pick<StateDirectory, 'path'>, bootId: () => Promise<string>): Pick<SettingsKeeper, 'keep'> {
  const root = '/';
  const before = storedBefore(state);
  const clients = timeClients({ root, systemctl: systemctlBy('systemctl'), run: runProgram });
  const keeper = new SettingsKeeper({
    timeZone: new TimeZone(root, before),
    timeServers: new TimeServers({ root, clients, before, nowMs: () => performance.now() }),
    sysctl: new SysctlSettings({ root, kernel: procSys(root), before, nowMs: () => performance.now() }),
  });
  return {
    keep: async (values) => {
      await forgetPurged(state.path, await bootId(), before);
      return await keeper.keep(values);
    },
  };
}
