import type { Landmark } from './landmark.ts';

/** The newest state of etcd that a coordinator has seen. */
export interface Seen {
  readonly epoch: string;
  readonly revision: number;
  /** The newest that it has seen; undefined: nothing was decided yet, or it was seen before landmarks were kept. */
  readonly landmark: Landmark | undefined;
}

/** What the ledger tells a coordinator's memory of etcd, and asks it (coordinator/core/watermark.ts). */
export interface LedgerWatermark {
  readonly seen: Seen | undefined;
  /** What etcd has to have if it is the one that was seen; undefined where nothing of that kind is known, or etcd is known to be another. */
  readonly landmark: Landmark | undefined;
  /**
   * Takes note of a revision that etcd has made.
   * @param landmark that was written in it; undefined where nothing was decided
   * @param before what had been seen when the transaction was sent
   * @returns why it can't be of the etcd that was seen before
   */
  made(revision: number, landmark: Landmark | undefined, before: Seen | undefined): string | undefined;
  /** Takes note that etcd has lost something. */
  lost(reason: string): void;
  /** Resolves once it is on the disk that the revision was seen, and the newest landmark until then. */
  remember(revision: number): Promise<void>;
}
