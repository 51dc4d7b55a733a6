import type { Clock } from '../ports.ts';
import type { Ledger } from '../state/ledger.ts';
import type { Mirror } from '../state/mirror.ts';

interface Moment {
  readonly uid: string;
  readonly atMs: number;
}

/**
 * Keeps when a node last began or ended, by this leader's clock: what a storage cluster says of itself may be older. A new leader takes its
 * own beginning for the last change of all, and does the same after a reload that shows another set.
 */
export class LastChanges {
  readonly #clock: Clock;
  readonly #ledger: Ledger;
  /** When this leader's term began. */
  readonly leadingSinceMs: number;
  #latest: Moment;
  /** Of another node than the latest. */
  #before: Moment;
  #set: string;

  constructor(ledger: Ledger, clock: Clock) {
    this.#ledger = ledger;
    this.#clock = clock;
    this.leadingSinceMs = clock.monotonicMs();
    this.#latest = { uid: '', atMs: this.leadingSinceMs };
    this.#before = this.#latest;
    this.#set = begunMark(ledger.mirror);
    ledger.onApplied((changes) => {
      const now = begunMark(this.#ledger.mirror);
      if (now === this.#set) return;
      this.#set = now;
      const uids = changes.flatMap((change) =>
        change.of === 'slot' ? [change.record.uid] : change.of === 'slot-gone' ? [change.uid] : [],
      );
      // after a reload nobody says whose it was: then it was anybody's
      for (const uid of uids.length === 0 ? ['', ' '] : uids) this.#note(uid);
    });
  }

  /** Of any node. */
  get changedMs(): number {
    return this.#latest.atMs;
  }

  /** Of any node but this one. */
  othersChangedMs(uid: string): number {
    return this.#latest.uid === uid ? this.#before.atMs : this.#latest.atMs;
  }

  #note(uid: string): void {
    if (uid !== this.#latest.uid) this.#before = this.#latest;
    this.#latest = { uid, atMs: this.#clock.monotonicMs() };
  }
}

/** Names the set of slots that are begun, of all nodes but one. */
export function begunMark(mirror: Mirror, except?: string): string {
  return [...mirror.slots.values()]
    .filter((slot) => slot.uid !== except && slot.state !== 'granted')
    .map((slot) => `${slot.uid}@${slot.token.createRevision}:${slot.state}`)
    .toSorted()
    .join(' ');
}
