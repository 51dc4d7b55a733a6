import { readFileSync } from 'node:fs';
import type { Services, Units } from './ports.ts';

export interface ServiceWatchOptions {
  readonly services: Pick<Services, 'isAvailable'>;
  readonly units: Pick<Units, 'state'>;
  /** What should run, in the configured order. */
  readonly names: readonly string[];
  /** How long one question to the service manager may take. */
  readonly limitMs: number;
  /** Monotonic. */
  readonly nowMs: () => number;
  /** Another text for each process that ever had this id; undefined where none has it. */
  readonly processOf?: (pid: number) => string | undefined;
}

/** How long it counts that a unit ran: while its main process lives, and where it has none that could be looked at. */
const WITH_PROCESS_MS = 120_000;
const WITHOUT_PROCESS_MS = 30_000;

interface Known {
  readonly untilMs: number;
  readonly isStill: () => boolean;
}

/**
 * Watches over the units that should run. To ask the service manager takes a process of its own each time, which every few seconds is more than all
 * else that an idle agent does: a unit that ran is asked about again once its main process is gone, or after a while.
 */
export class ServiceWatch {
  readonly #options: ServiceWatchOptions;
  readonly #known = new Map<string, Known>();

  constructor(options: ServiceWatchOptions) {
    this.#options = options;
  }

  /**
   * Names the units that do not run. One that cannot be asked about counts as failed: health needs evidence. Without a service manager there is nothing
   * to ask and nothing fails.
   * @param howFresh "asked" where something is decided by it
   */
  async failed(howFresh: 'known' | 'asked'): Promise<readonly string[]> {
    const { services, names } = this.#options;
    if (names.length === 0 || !(await services.isAvailable())) return [];
    const running = await Promise.all(
      names.map(async (unit) => (howFresh === 'known' && this.#isKnownToRun(unit)) || (await this.#runs(unit).catch(() => false))),
    );
    return names.filter((_unit, index) => running[index] !== true);
  }

  #isKnownToRun(unit: string): boolean {
    const known = this.#known.get(unit);
    return known !== undefined && this.#options.nowMs() < known.untilMs && known.isStill();
  }

  async #runs(unit: string): Promise<boolean> {
    const { units, limitMs, nowMs, processOf = livingProcess } = this.#options;
    this.#known.delete(unit);
    const askedAtMs = nowMs();
    const { isRunning, mainPid = 0 } = await units.state(unit, AbortSignal.timeout(limitMs));
    if (!isRunning) return false;
    if (mainPid === 0) {
      this.#known.set(unit, { untilMs: askedAtMs + WITHOUT_PROCESS_MS, isStill: () => true });
      return true;
    }
    const process = processOf(mainPid);
    const isStill = (): boolean => process !== undefined && processOf(mainPid) === process;
    this.#known.set(unit, { untilMs: askedAtMs + WITH_PROCESS_MS, isStill });
    return true;
  }
}

/** When it was started (proc_pid_stat(5), field 22), unless it has ended and only its parent does not know yet. */
function livingProcess(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state = '', ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' || state === 'X' ? undefined : fields[18];
  } catch {
    return undefined;
  }
}
