import type { Logger } from '../../common/log.ts';
import { readBootId } from '../facts.ts';
import { LimitKeeper } from '../limits/keeper.ts';
import { foreseenLimits, keptLimits, type KeptLimits, type WantedLimitsOfNode } from '../limits/kept-limits.ts';
import { systemdMachine } from '../limits/systemd-machine.ts';
import { limitRecords } from '../limits/records.ts';
import type { AgentMetrics, MendedKind } from '../metrics.ts';
import { reloadUnits, systemctlBy } from '../os/systemctl.ts';
import type { KeptSettings } from '../settings/keeper.ts';
import { keptSettings, type WantedSettings } from '../settings/kept-settings.ts';
import { settingsOfMachine } from '../settings/machine.ts';
import type { StateDirectory } from '../state-directory.ts';
import { KeeperLoop, type KeeperLoopOptions } from './loop.ts';

/** A look starts a few processes: often enough for whoever waits, and nothing that an idle agent is noticed by. */
const LOOK_MS = 300_000;
const LOOK_BUSY_MS = 5_000;
/** Before an operation that waits for it gives up, and names the log. */
const LOOK_SLOW_MS = 30_000;

interface LoopsContext {
  /** The managed root: a sandbox has no services of its own, and is set otherwise than its machine by nobody. */
  readonly root: string;
  readonly state: StateDirectory;
  readonly metrics: Pick<AgentMetrics, 'mended' | 'clockOffset'>;
  /** Whether an operation has begun and is not over. */
  readonly isBusy: () => boolean;
  /** There is another report of that kind. */
  readonly onReport: (kind: MendedKind) => void;
  readonly log: Logger;
}

/** What keeps what the cluster declares for this node, and says what would be refused of limits that nobody has set. */
interface Loops extends Disposable {
  readonly limits: KeeperLoop<WantedLimitsOfNode, KeptLimits>;
  readonly settings: KeeperLoop<WantedSettings, KeptSettings>;
  readonly foreseeLimits: ReturnType<typeof foreseenLimits>;
  /** Resolves once no look is under way that began before. */
  settled(): Promise<void>;
}

/** Nothing is looked at before they are started. */
export function declaredLoops({ root, state, metrics, isBusy, onReport, log }: LoopsContext): Loops {
  const bootId = async (): Promise<string> => await readBootId(root);
  const limitKeeper =
    root === '/'
      ? new LimitKeeper(systemdMachine(systemctlBy('systemctl'), reloadUnits, bootId), limitRecords(state), log)
      : `its root is a sandbox (${root}), whose services are not limited`;
  const settingsKeeper =
    root === '/' ? settingsOfMachine(state, bootId) : `its root is a sandbox (${root}), which is not set otherwise than its machine`;
  const looks = (part: MendedKind): KeeperLoopOptions => ({
    isBusy,
    onReport: () => onReport(part),
    onMended: (count) => metrics.mended(part, count),
    everyMs: LOOK_MS,
    busyMs: LOOK_BUSY_MS,
    slowMs: LOOK_SLOW_MS,
    log: log.child({ part }),
  });
  const limits = new KeeperLoop(keptLimits(state, limitKeeper, log), looks('limits'));
  const settings = new KeeperLoop(
    keptSettings(state, settingsKeeper, (clock) => metrics.clockOffset(clock?.offsetSeconds), log),
    looks('settings'),
  );
  return {
    limits,
    settings,
    foreseeLimits: foreseenLimits(limitKeeper),
    settled: async () => void (await Promise.all([limits.settled(), settings.settled()])),
    [Symbol.dispose]: () => {
      settings[Symbol.dispose]();
      limits[Symbol.dispose]();
    },
  };
}
