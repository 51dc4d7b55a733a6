import type { Machine } from './machine.ts';
import type { Store } from './store.ts';

/** What is true in a world at a moment, whatever anybody believes of it. */
export interface Observed {
  readonly store: Store;
  readonly machines: ReadonlyMap<string, Machine>;
  readonly nowMs: number;
  /** Etcd was put back to an older state and has not been adopted since: it may lack slots that are held. */
  readonly isForgetful: boolean;
  /** When it was last put back. */
  readonly putBackMs: number | undefined;
}
