import { toUvsError } from '../../common/errors.ts';
import { demandStored, settingNames, type SettingName } from '../../common/settings/value.ts';
import type { KeptSetting, NodeClock } from './ports.ts';
import type { SysctlSettings } from './sysctl.ts';
import type { TimeServers } from './time-servers.ts';
import type { TimeZone } from './time-zone.ts';

/** How it stands with the settings of this node. */
export interface KeptSettings {
  readonly settings: readonly KeptSetting[];
  readonly clock: NodeClock | undefined;
}

export interface SettingsParts {
  readonly timeZone: Pick<TimeZone, 'keep'>;
  readonly timeServers: Pick<TimeServers, 'keep'>;
  readonly sysctl: Pick<SysctlSettings, 'keep'>;
}

/** Keeps the machine set as the cluster declares it; what it had before is remembered and comes back. */
export class SettingsKeeper {
  readonly #parts: SettingsParts;

  constructor(parts: SettingsParts) {
    this.#parts = parts;
  }

  /**
   * Carries settings out; may be run again at any time. What is refused leaves the node as it is.
   * @throws UvsError SERVICE_FAILED, and what the disk says
   */
  async keep(values: Readonly<Record<string, string>>): Promise<KeptSettings> {
    const settings = new Map<SettingName, string>();
    const refused: KeptSetting[] = [];
    for (const [text, value] of Object.entries(values)) {
      const name = settingNames.find((each) => each === text);
      const why = name === undefined ? 'the agent of this node is too old for it' : whyNot(name, value);
      if (name !== undefined && why === undefined) settings.set(name, value);
      else refused.push({ name: text, value, state: 'refused', message: why ?? '', mended: [] });
    }
    const { timeZone, timeServers, sysctl } = this.#parts;
    let clock: NodeClock | undefined;
    const rows = [
      ...(await unlessItFails(settings, isZone, () => timeZone.keep(settings.get('time-zone')))),
      ...(await unlessItFails(settings, isServers, async () => {
        const servers = await timeServers.keep(settings.get('ntp-servers'));
        clock = servers.clock;
        return servers.rows;
      })),
      ...(await unlessItFails(settings, isParameter, () => sysctl.keep(settings))),
    ];
    return { settings: [...rows, ...refused], clock };
  }
}

/** Coordinators look at what they are given; an agent takes nothing out of bounds from one that does not. */
function whyNot(name: SettingName, value: string): string | undefined {
  try {
    demandStored(name, value);
    return undefined;
  } catch (error) {
    return toUvsError(error).message;
  }
}

const isZone = (name: SettingName): boolean => name === 'time-zone';
const isServers = (name: SettingName): boolean => name === 'ntp-servers';
const isParameter = (name: SettingName): boolean => name.startsWith('sysctl.');

/** What goes wrong with one kind of settings is said of those, and keeps no others from being kept. */
async function unlessItFails(
  settings: ReadonlyMap<SettingName, string>,
  isIts: (name: SettingName) => boolean,
  keep: () => Promise<readonly KeptSetting[]>,
): Promise<readonly KeptSetting[]> {
  try {
    return await keep();
  } catch (error) {
    const its = [...settings].filter(([name]) => isIts(name));
    // taking back what nobody declares any more has no line of its own
    if (its.length === 0) throw error;
    return its.map(([name, value]) => ({ name, value, state: 'unmet', message: toUvsError(error).message, mended: [] }));
  }
}
