import { demandOf } from './broken-promise.ts';
import { flagsOf, nooutOf, type Storage } from './storage.ts';
import { drainsIn } from './stored.ts';
import type { Store } from './store.ts';

const PROMISE = 'what UVS sets, UVS unsets';

/** Looks at what is set outside whenever that, or what is recorded of it, has changed. @throws BrokenPromise */
export function judgeDrains(storage: Storage, store: Store): void {
  const demand = demandOf(PROMISE);
  const unrecorded = unrecordedFlags(storage, store);
  demand(unrecorded.length === 0, `${unrecorded.join(', ')} is set, and no record says so`);
  for (const flag of storage.admins) demand(storage.isSet(flag), `${flag}, which an administrator has set, was taken back`);
}

/** Whoever is out of service on UVS's account is drained. @throws BrokenPromise */
export function demandDrained(storage: Storage, hostname: string, what: string): void {
  demandOf(PROMISE)(storage.isSet(nooutOf(hostname)), `${what}, and ${nooutOf(hostname)} is not set`);
}

export function unrecordedFlags(storage: Storage, store: Store): readonly string[] {
  if (storage.own.length === 0) return [];
  const recorded = new Set(drainsIn(store).flatMap(({ set }) => Object.values(set).flatMap(flagsOf)));
  return storage.own.filter((flag) => !recorded.has(flag));
}
