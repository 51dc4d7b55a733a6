import { toUvsError, UvsError } from '../../common/errors.ts';
import { demandStored, settingNames, type SettingName } from '../../common/settings/value.ts';
import { notTakenBack, type KeptSetting, type NodeClock } from './ports.ts';
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
   * Carries settings out; may be run again at any time. What is refused leaves the node as it is: it is not taken for something that nobody declares.
   * @throws UvsError SERVICE_FAILED, and what the disk says, where nothing is declared and what was before can't be brought back
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
    const left = new Set(refused.map(({ name }) => name));
    let clock: NodeClock | undefined;
    const kinds: readonly Kind[] = [
      { name: 'time-zone', isIts: isZone, keep: async () => (left.has('time-zone') ? [] : await timeZone.keep(settings.get('time-zone'))) },
      {
        name: 'ntp-servers',
        isIts: isServers,
        keep: async () => {
          if (left.has('ntp-servers')) return [];
          const servers = await timeServers.keep(settings.get('ntp-servers'));
          clock = servers.clock;
          return servers.rows;
        },
      },
      { name: 'sysctl', isIts: isParameter, keep: async () => await sysctl.keep(settings, left) },
    ];
    const rows: KeptSetting[] = [];
    for (const kind of kinds) rows.push(...(await unlessItFails(kind, settings)));
    // with nothing declared there is no line that would be looked for
    const [open] = rows;
    if (open !== undefined && Object.keys(values).length === 0) throw new UvsError('SERVICE_FAILED', `${open.name}: ${open.message}`);
    return { settings: [...rows, ...refused], clock };
  }
}

/** Settings that are kept together. */
interface Kind {
  /** Where nothing of it is declared. */
  readonly name: string;
  readonly isIts: (name: SettingName) => boolean;
  readonly keep: () => Promise<readonly KeptSetting[]>;
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
async function unlessItFails({ name, isIts, keep }: Kind, settings: ReadonlyMap<SettingName, string>): Promise<readonly KeptSetting[]> {
  try {
    return await keep();
  } catch (error) {
    const { message } = toUvsError(error);
    const its = [...settings].filter(([each]) => isIts(each));
    if (its.length === 0) return [notTakenBack(name, message)];
    return its.map(([each, value]) => ({ name: each, value, state: 'unmet', message, mended: [] }));
  }
}
