import { toUvsError } from '../../common/errors.ts';
import type { Logger } from '../../common/log.ts';
import type { Stored } from '../stored.ts';

/** What the coordinator hears of what is kept. @template B how it stands with each part of it */
export type Report<B> = B & {
  /** Of what it tells of. */
  readonly hash: string;
  /** Why nothing could be done; '' where it was carried out. */
  readonly trouble: string;
};

/** How a kind of what the cluster declares is kept on this node. */
export interface Keeping<W, B> {
  /** For the log. */
  readonly name: string;
  readonly stored: Stored<W>;
  /** What is declared otherwise than before, for the log; absent where what keeps it logs each change itself, as with limits. */
  readonly describeChange?: (before: W | undefined, wanted: W) => object;
  /** Whether nothing is declared, so that there is nothing to look at again. */
  readonly isNothing: (wanted: W) => boolean;
  /** Carries it out; may be run again at any time. A sentence where that can't be done on this node: why. */
  readonly keep: string | ((wanted: W) => Promise<B>);
  /** How it stands where nothing could be done. */
  readonly nothing: B;
  /** Of how many things something was found changed, and put back. */
  readonly mendedIn: (body: B) => number;
  /** After how long it is looked at again where that is sooner than usual. */
  readonly soonerMs?: (body: B) => number | undefined;
}

export interface KeeperLoopOptions {
  /** Whether an operation has begun, whose files and units may be half in place: what is kept waits. */
  readonly isBusy: () => boolean;
  readonly onReport: () => void;
  readonly onMended: (count: number) => void;
  readonly everyMs: number;
  /** After how long a busy node is looked at again. */
  readonly busyMs: number;
  /** After how long a look that is not over is told in the log: an operation that begins waits for it. */
  readonly slowMs: number;
  readonly log: Logger;
}

/**
 * Keeps what the cluster declared last, also across restarts and without a coordinator: when it comes, when the agent starts, and every few minutes, for
 * nobody says when something else has changed it.
 */
export class KeeperLoop<W extends { readonly hash: string }, B extends object> implements Disposable {
  readonly #keeping: Keeping<W, B>;
  readonly #options: KeeperLoopOptions;
  #wanted: W | undefined;
  /** What is on the disk. */
  #stored: W | undefined;
  /** What was reported last. */
  #last: Report<B> | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** One after the other: two would undo what the other has done. */
  #working: Promise<void> = Promise.resolve();
  #storing: Promise<boolean> = Promise.resolve(true);
  /** When what is stored is to be looked at again while the disk does not take what is wanted; by the monotonic clock. */
  #storedDueMs = 0;
  /** Why it could not be kept the last time; '' where it could. */
  #keepTrouble = '';
  #isDisposed = false;

  constructor(keeping: Keeping<W, B>, options: KeeperLoopOptions) {
    this.#keeping = keeping;
    this.#options = options;
  }

  /** The last one; undefined: there is none yet. */
  get report(): Report<B> | undefined {
    return this.#last;
  }

  /** Begins with what is stored. */
  async start(): Promise<void> {
    const { name, stored } = this.#keeping;
    try {
      const found = await stored.read();
      this.#stored ??= found;
      this.#wanted ??= found;
    } catch (err) {
      this.#options.log.error({ err, what: name }, 'what is stored here of what the cluster declares is of no use');
    }
    if (this.#wanted !== undefined) this.#look(0);
  }

  /**
   * Takes what the cluster wants from now on; on the disk before anything is done. Of several that come while one is written the last counts, and what
   * can't be written is told, and tried again at each look. Resolves once it was tried.
   */
  async take(wanted: W): Promise<void> {
    // each session begins with it: what was just found mended is to be told, and not looked at once more
    const isKnown = this.#wanted?.hash === wanted.hash && (this.#last?.trouble ?? '') === '';
    if (isKnown) return;
    this.#wanted = wanted;
    await this.#store();
    this.#look(0);
  }

  /** Has the disk have what is wanted now, after what is being written. @returns whether it does */
  #store(): Promise<boolean> {
    this.#storing = this.#storing.catch(() => false).then(() => this.#write());
    return this.#storing;
  }

  async #write(): Promise<boolean> {
    const wanted = this.#wanted;
    if (wanted === undefined || this.#stored?.hash === wanted.hash) return true;
    try {
      await this.#keeping.stored.write(wanted);
      const change = this.#keeping.describeChange?.(this.#stored, wanted);
      if (change !== undefined) this.#options.log.info({ what: this.#keeping.name, ...change }, 'the cluster declares something else');
      this.#stored = wanted;
      return true;
    } catch (err) {
      const trouble = `it can't be stored: ${toUvsError(err).message}`;
      // it is tried again every few seconds
      if (this.#last?.trouble !== trouble)
        this.#options.log.error({ err, what: this.#keeping.name }, 'what the cluster declares could not be stored, and is not carried out');
      this.#report({ ...this.#keeping.nothing, hash: wanted.hash, trouble });
      return false;
    }
  }

  /** Has it looked at soon: something has happened to the node. */
  lookAgain(): void {
    this.#storedDueMs = 0;
    if (this.#wanted !== undefined) this.#look(0);
  }

  /** Resolves once no look is under way: one that begins after this call finds whatever made the node busy before it. */
  async settled(): Promise<void> {
    await this.#working;
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
      this.#working = this.#working.then(() => this.#watchedTurn());
    }, inMs);
    this.#timer.unref();
  }

  async #watchedTurn(): Promise<void> {
    const { log, slowMs } = this.#options;
    const fields = { what: this.#keeping.name, seconds: slowMs / 1000 };
    const slow = setTimeout(() => log.warn(fields, 'a look is not over: a process or a disk of this node may not answer'), slowMs);
    slow.unref();
    await this.#turn().finally(() => clearTimeout(slow));
  }

  async #turn(): Promise<void> {
    const { busyMs, everyMs, isBusy } = this.#options;
    const isStored = await this.#store();
    if (isBusy()) return this.#look(busyMs);
    if (!isStored) {
      await this.#keepStored();
      return this.#look(busyMs);
    }
    const wanted = this.#wanted;
    if (wanted === undefined || this.#isDisposed) return;
    const report = { ...(await this.#keep(wanted)), hash: wanted.hash };
    this.#report(report);
    // nothing is left to be looked at once the last of it is taken back
    const isAskedFor = this.#timer !== undefined;
    const isOver = this.#keeping.isNothing(wanted) && report.trouble === '';
    if (!isAskedFor && this.#wanted === wanted && !isOver) this.#look(this.#keeping.soonerMs?.(report) ?? everyMs);
  }

  /** What was declared before holds on while the disk does not take what is declared now, and is looked at no more often for that; what is told is that. */
  async #keepStored(): Promise<void> {
    if (this.#stored === undefined || this.#isDisposed || performance.now() < this.#storedDueMs) return;
    const mended = this.#keeping.mendedIn(await this.#keep(this.#stored));
    if (mended > 0) this.#options.onMended(mended);
  }

  async #keep(wanted: W): Promise<B & { readonly trouble: string }> {
    const { keep, name, nothing, isNothing } = this.#keeping;
    if (typeof keep === 'string') return { ...nothing, trouble: isNothing(wanted) ? '' : keep };
    this.#storedDueMs = performance.now() + this.#options.everyMs;
    try {
      const body = await keep(wanted);
      this.#keepTrouble = '';
      return { ...body, trouble: '' };
    } catch (err) {
      const trouble = toUvsError(err).message;
      if (trouble !== this.#keepTrouble) this.#options.log.error({ err, what: name }, 'what the cluster declares could not be kept');
      this.#keepTrouble = trouble;
      return { ...nothing, trouble };
    }
  }

  #report(report: Report<B>): void {
    const mended = this.#keeping.mendedIn(report);
    if (mended > 0) this.#options.onMended(mended);
    // the same that was put back once more has happened twice
    const isNews = mended > 0 || JSON.stringify(report) !== JSON.stringify(this.#last);
    this.#last = report;
    if (isNews) this.#options.onReport();
  }
}
