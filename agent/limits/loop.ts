import { toUvsError } from '../../common/errors.ts';
import type { Logger } from '../../common/log.ts';
import type { StateDirectory } from '../state-directory.ts';
import type { LimitedUnit, LimitKeeper } from './keeper.ts';
import { readLimits, storeLimits, type WantedByCluster } from './limits-file.ts';
import { limitRule } from './wanted.ts';

/** What is told of the limits of the node. */
export interface LimitsTold {
  readonly hash: string;
  readonly units: readonly LimitedUnit[];
  /** Why nothing could be done; '' where the limits were carried out. */
  readonly trouble: string;
}

export interface LimitLoopOptions {
  readonly state: Pick<StateDirectory, 'path'>;
  /** A sentence where no limits are set on this node: why. */
  readonly keeper: Pick<LimitKeeper, 'keep'> | string;
  /** Whether an operation goes on, whose units may be half in place: the limits wait. */
  readonly isBusy: () => boolean;
  readonly onTold: (told: LimitsTold) => void;
  readonly everyMs: number;
  /** After how long a busy node is looked at again. */
  readonly busyMs: number;
  readonly log: Logger;
}

/**
 * Keeps the limits that the cluster told last, also across restarts and without a coordinator: when they come, when the agent starts, and every few
 * minutes, for nobody says when something else has changed them.
 */
export class LimitLoop implements Disposable {
  readonly #options: LimitLoopOptions;
  #limits: WantedByCluster | undefined;
  #told: LimitsTold | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** One after the other: two would undo what the other has done. */
  #working: Promise<void> = Promise.resolve();
  #isDisposed = false;

  constructor(options: LimitLoopOptions) {
    this.#options = options;
  }

  /** What was told last; undefined: nothing yet. */
  get told(): LimitsTold | undefined {
    return this.#told;
  }

  /** Begins with what is stored. */
  async start(): Promise<void> {
    const { log, state } = this.#options;
    try {
      this.#limits ??= await readLimits(state);
    } catch (err) {
      log.error({ err }, 'the limits of units that are stored here are of no use');
    }
    if (this.#limits !== undefined) this.#look(0);
  }

  /** Takes what the cluster wants from now on; on the disk before anything is done. */
  async take(limits: WantedByCluster): Promise<void> {
    // each session begins with them: what was just found mended is to be told, and not looked at once more
    const isKnown = this.#limits?.hash === limits.hash && (this.#told?.trouble ?? '') === '';
    if (isKnown) return;
    await storeLimits(this.#options.state, limits);
    this.#limits = limits;
    this.#look(0);
  }

  /** Has them looked at soon: something has happened to the units. */
  lookAgain(): void {
    if (this.#limits !== undefined) this.#look(0);
  }

  [Symbol.dispose](): void {
    this.#isDisposed = true;
    clearTimeout(this.#timer);
  }

  #look(inMs: number): void {
    clearTimeout(this.#timer);
    if (this.#isDisposed) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#working = this.#working.then(() => this.#turn());
    }, inMs);
    this.#timer.unref();
  }

  async #turn(): Promise<void> {
    const { busyMs, everyMs, isBusy } = this.#options;
    const limits = this.#limits;
    if (limits === undefined || this.#isDisposed) return;
    if (isBusy()) return this.#look(busyMs);
    this.#tell({ hash: limits.hash, ...(await this.#keep(limits)) });
    // nobody's units are left to be looked at once the last limit is taken back
    const isAskedFor = this.#timer !== undefined;
    if (!isAskedFor && this.#limits === limits && limits.rules.length > 0) this.#look(everyMs);
  }

  async #keep({ rules }: WantedByCluster): Promise<Omit<LimitsTold, 'hash'>> {
    const { keeper, log } = this.#options;
    if (typeof keeper === 'string') return { units: [], trouble: rules.length === 0 ? '' : keeper };
    try {
      const units = await keeper.keep(rules.map(({ unit, values }) => limitRule(unit, values)));
      for (const { unit, mended } of units)
        if (mended.length > 0) log.warn({ unit, limits: mended }, 'limits that somebody had changed were put back');
      return { units, trouble: '' };
    } catch (err) {
      log.error({ err }, 'limits of units could not be kept');
      return { units: [], trouble: toUvsError(err).message };
    }
  }

  #tell(told: LimitsTold): void {
    const isNews = JSON.stringify(told) !== JSON.stringify(this.#told);
    this.#told = told;
    if (isNews) this.#options.onTold(told);
  }
}
