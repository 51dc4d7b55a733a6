import { UvsError } from '../../common/errors.ts';
import type { EtcdState } from '../state/etcd-state.ts';
import { describeForgotten, type Landmark } from '../state/landmark.ts';
import type { LedgerWatermark, Seen } from '../state/seen.ts';
import { DISK_MS, inDiskTime } from './in-disk-time.ts';

/** Where a coordinator keeps that over restarts; on its own disk, because etcd can't be asked what it has forgotten. */
export interface SeenStore {
  read(): Promise<Seen | undefined>;
  write(seen: Seen): Promise<void>;
}

/**
 * Remembers the highest revision that this coordinator has seen, and the newest entry of the audit log (a landmark), so that an etcd which was
 * put back to an older state, or made anew, is noticed. The landmark is for one whose revision has risen since beyond what is remembered:
 * restored with `--bump-revision`, shared with others that write, or written on by a coordinator that remembers less. What must be on the disk
 * before what: a revision in which somebody was promised something (a yes to "begin", an operator's wish), with its landmark, before that is
 * told; all others when there is time. Neither is written ahead, for then a healthy etcd would seem to lack it.
 */
export class Watermark implements LedgerWatermark {
  readonly #store: SeenStore;
  readonly #onKeeps: (keeps: boolean) => void;
  readonly #limitMs: number;
  #seen: Seen | undefined;
  #stored: Seen | undefined;
  #keeps = true;
  #trouble: string | undefined;
  /** The write under way, and the one that begins after it. */
  #writing: Promise<void> | undefined;

  private constructor(store: SeenStore, seen: Seen | undefined, onKeeps: (keeps: boolean) => void, limitMs: number) {
    this.#store = store;
    this.#onKeeps = onKeeps;
    this.#limitMs = limitMs;
    this.#seen = seen;
    this.#stored = seen;
  }

  /**
   * @param onKeeps called when the disk begins to refuse, or takes again, what is to be remembered
   * @throws DISK_FAILED; what the store throws
   */
  static async open(store: SeenStore, onKeeps: (keeps: boolean) => void = () => undefined, limitMs = DISK_MS): Promise<Watermark> {
    return new Watermark(store, await store.read(), onKeeps, limitMs);
  }

  /** Whether the disk took what was to be remembered the last time: without it nothing can be promised. */
  get keeps(): boolean {
    return this.#keeps;
  }

  /** Why etcd is not the one that was seen before; undefined: it is. Stays until etcd is adopted. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  /** The epoch that it remembers. */
  get epoch(): string | undefined {
    return this.#seen?.epoch;
  }

  get landmark(): Landmark | undefined {
    return this.#trouble === undefined ? this.#seen?.landmark : undefined;
  }

  /** What was seen until now. To be taken before etcd is asked: an answer that was overtaken by another is no sign of an older state. */
  get seen(): Seen | undefined {
    return this.#seen;
  }

  /** Compares what etcd answered with what had been seen when it was asked. @returns the trouble, if there is one */
  judge(state: EtcdState, seen: Seen | undefined): string | undefined {
    if (this.#seen?.epoch !== seen?.epoch) return this.#trouble;
    if (seen === undefined || (state.epoch !== seen.epoch && state.adopted.includes(seen.epoch))) {
      this.#trouble = undefined;
      this.#seen = { epoch: state.epoch, revision: state.revision, landmark: state.landmark };
    } else if (state.epoch !== seen.epoch) {
      this.#trouble ??= `etcd has the epoch ${state.epoch}, and this coordinator remembers ${seen.epoch}: it was made anew, or put back to before it was adopted`;
    } else if (state.revision < seen.revision) {
      this.#trouble ??= `etcd is at revision ${state.revision}, and this coordinator has seen ${seen.revision}: it was put back to an older state`;
    } else if (state.hasForgotten && seen.landmark !== undefined) {
      this.#trouble ??= describeForgotten(seen.landmark);
    } else if (this.#trouble === undefined) {
      this.#rise(state.revision, state.landmark);
    }
    return this.#trouble;
  }

  made(revision: number, landmark: Landmark | undefined, seen: Seen | undefined): string | undefined {
    // what etcd is now is known and waits for its adoption; nothing of it is worth remembering
    if (seen === undefined || this.#seen?.epoch !== seen.epoch || this.#trouble !== undefined) return undefined;
    if (revision <= seen.revision) {
      this.lost(`etcd made revision ${revision}, and this coordinator has seen ${seen.revision}: it was put back to an older state`);
      return this.#trouble;
    }
    this.#rise(revision, landmark);
    return undefined;
  }

  /** Each by itself: of two answers the later may have been overtaken in the one and not in the other. */
  #rise(revision: number, landmark: Landmark | undefined): void {
    if (this.#seen === undefined) return;
    const { epoch, ...before } = this.#seen;
    const isNewer = landmark !== undefined && landmark.revision > (before.landmark?.revision ?? 0);
    if (revision <= before.revision && !isNewer) return;
    this.#seen = { epoch, revision: Math.max(revision, before.revision), landmark: isNewer ? landmark : before.landmark };
  }

  lost(reason: string): void {
    this.#trouble ??= reason;
  }

  /** One write at a time, each with the newest: whoever comes while one is under way waits for the next. @throws DISK_FAILED, ETCD_UNAVAILABLE */
  async remember(revision: number): Promise<void> {
    while (this.#trouble === undefined && !this.#isStored(revision)) {
      const seen = this.#seen;
      if (seen === undefined) return;
      // made in an etcd whose place another has taken meanwhile, or by another coordinator since this one looked
      if (this.#writing === undefined && seen.revision < revision) throw unseen(revision);
      await this.#writeInTime(seen);
    }
  }

  /** Where the disk did not keep something in time, tries whether it does by now. @throws DISK_FAILED */
  async probe(): Promise<void> {
    if (!this.#keeps && this.#seen !== undefined && this.#trouble === undefined) await this.#writeInTime(this.#seen);
  }

  /** One that hangs keeps its place: overtaken by another it might undo that one's work. */
  async #writeInTime(seen: Seen): Promise<void> {
    try {
      await inDiskTime((this.#writing ??= this.#write(seen)), this.#limitMs);
    } catch (error) {
      this.#tell(false);
      throw error;
    }
  }

  async #write(seen: Seen): Promise<void> {
    const sinceMs = performance.now();
    try {
      await this.#store.write(seen);
      this.#stored = seen;
      // one that took longer shows nothing for the next
      if (performance.now() - sinceMs <= this.#limitMs) this.#tell(true);
    } finally {
      this.#writing = undefined;
    }
  }

  #tell(keeps: boolean): void {
    if (this.#keeps === keeps) return;
    this.#keeps = keeps;
    this.#onKeeps(keeps);
  }

  #isStored(revision: number): boolean {
    if (this.#stored === undefined || this.#stored.epoch !== this.#seen?.epoch) return false;
    const landmark = Math.min(revision, this.#seen.landmark?.revision ?? 0);
    return this.#stored.revision >= revision && (this.#stored.landmark?.revision ?? 0) >= landmark;
  }
}

function unseen(revision: number): UvsError {
  return new UvsError('ETCD_UNAVAILABLE', `etcd was not looked at yet as of revision ${revision}, which is to be kept before it is told`, {
    hint: 'Ask again in a few seconds.',
    details: { outcome: 'unknown' },
  });
}
