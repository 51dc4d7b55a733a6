import type { Machine } from './machine.ts';
import type { Storage } from './storage.ts';
import type { Store } from './store.ts';

/** What is true in a world at a moment, whatever anybody believes of it. */
export interface Observed {
  readonly store: Store;
  readonly storage: Storage;
  readonly machines: ReadonlyMap<string, Machine>;
  readonly nowMs: number;
  /** When etcd was put back to an older state, if it has not been adopted since: it may lack slots that are held. */
  readonly forgetfulSinceMs: number | undefined;
}
