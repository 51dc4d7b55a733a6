import * as v from 'valibot';
import { UvsError } from '../common/errors.ts';
import type { Member } from './domain.ts';
import { isUnknownOutcome } from './etcd/failure.ts';
import { HeldLease } from './etcd/held-lease.ts';
import type { Compare, Etcd } from './etcd/port.ts';
import { RelistingWatch } from './etcd/relisting-watch.ts';
import type { Clock } from './ports.ts';
import { keys } from './state/keys.ts';
import { parseRecord } from './state/parse.ts';

const leaderSchema = v.strictObject({
  id: v.string(),
  /** Random per term: tells two terms of one coordinator apart. */
  random: v.string(),
  grpcAddress: v.string(),
  httpsAddress: v.string(),
});

export type LeaderRecord = v.InferOutput<typeof leaderSchema>;

/** The time in which this coordinator leads. Whoever acts on it asks `isCurrent`, and everything it writes carries the guard. */
export interface Term {
  readonly leader: LeaderRecord;
  /** Hold only while this term's key is the leader's: by create revision and by value. */
  readonly guard: readonly Compare[];
  /** Aborts with NOT_LEADER at two thirds of the TTL after the last renewal, or when it is resigned. */
  readonly signal: AbortSignal;
  isCurrent(): boolean;
  /** Ends the term at once; the key goes from etcd with its lease. */
  resign(): Promise<void>;
}

export interface ElectionOptions {
  readonly etcd: Etcd;
  readonly clock: Clock;
  readonly member: Member;
  readonly ttlSeconds: number;
  readonly randomId: () => string;
}

/** Tries once to become the leader: one transaction that puts the key where there is none. */
export async function campaign(options: ElectionOptions): Promise<Term | undefined> {
  const { etcd, member } = options;
  const lease = await HeldLease.acquire(etcd, options.clock, options.ttlSeconds);
  const leader: LeaderRecord = {
    id: member.id,
    random: options.randomId(),
    grpcAddress: member.grpcAddress,
    httpsAddress: member.httpsAddress,
  };
  const value = JSON.stringify(leader);
  try {
    const createRevision = await putLeader(etcd, lease.id, value);
    if (createRevision !== undefined) {
      return {
        leader,
        guard: [
          { on: 'create', key: keys.leader, equals: createRevision },
          { on: 'value', key: keys.leader, equals: value },
        ],
        signal: lease.signal,
        isCurrent: () => lease.isHeld(),
        resign: () => lease.release(),
      };
    }
  } catch (error) {
    await lease.release().catch(() => undefined);
    throw error;
  }
  await lease.release().catch(() => undefined);
  return undefined;
}

async function putLeader(etcd: Etcd, lease: string, value: string): Promise<number | undefined> {
  try {
    const result = await etcd.txn([{ on: 'create', key: keys.leader, equals: 0 }], [{ do: 'put', key: keys.leader, value, lease }]);
    return result.isDone ? result.revision : undefined;
  } catch (error) {
    if (!isUnknownOutcome(error)) throw error;
    // the random part tells whether it was this very transaction; if it arrives later, the lease is gone by then
    const entry = await etcd.get(keys.leader);
    return entry?.value === value ? entry.createRevision : undefined;
  }
}

/** Stands for election again and again, and knows who leads. */
export class Election implements Disposable {
  readonly #options: ElectionOptions;
  readonly #watch: RelistingWatch;
  readonly #onTrouble: (error: Error) => void;
  #known: LeaderRecord | undefined;
  #change = Promise.withResolvers<void>();

  constructor(options: ElectionOptions, onTrouble: (error: Error) => void, onChange: () => void = () => undefined) {
    this.#options = options;
    this.#onTrouble = onTrouble;
    this.#watch = new RelistingWatch(
      options.etcd,
      keys.leader,
      ({ entries }) => {
        const entry = entries.get(keys.leader);
        this.#known = entry === undefined ? undefined : parseRecord(leaderSchema, entry);
        this.#change.resolve();
        this.#change = Promise.withResolvers();
        onChange();
      },
      onTrouble,
    );
  }

  /** Who leads, as last heard; for showing and for sending clients there, never for deciding. */
  get known(): LeaderRecord | undefined {
    return this.#known;
  }

  /** Waits until this coordinator leads. @throws the signal's reason */
  async win(signal: AbortSignal): Promise<Term> {
    for (;;) {
      signal.throwIfAborted();
      const changed = this.#change.promise;
      try {
        if (this.#known === undefined) {
          const term = await campaign(this.#options);
          if (term !== undefined) {
            if (!signal.aborted) return term;
            await term.resign().catch(() => undefined);
            continue;
          }
        }
      } catch (error) {
        this.#onTrouble(error instanceof Error ? error : new Error(String(error)));
      }
      await changeOrPause(changed, this.#options.ttlSeconds * 100, signal);
    }
  }

  /** Waits until another coordinator leads, or so long. Returns whether one does. */
  async otherLeads(ms: number, signal: AbortSignal): Promise<boolean> {
    const { clock, member } = this.#options;
    const endMs = clock.monotonicMs() + ms;
    for (;;) {
      const changed = this.#change.promise;
      if (this.#known !== undefined && this.#known.id !== member.id) return true;
      const leftMs = endMs - clock.monotonicMs();
      if (leftMs <= 0 || signal.aborted) return false;
      await changeOrPause(changed, leftMs, signal);
    }
  }

  [Symbol.dispose](): void {
    this.#watch[Symbol.dispose]();
  }
}

/**
 * The answer of a coordinator that does not lead.
 * @param trouble why it could not lead when it had won; told while nobody else leads
 */
export function notLeader(known: LeaderRecord | undefined, ownId: string, trouble?: UvsError): UvsError {
  const address = known === undefined || known.id === ownId ? '' : known.grpcAddress;
  const nobody = `no coordinator leads at this moment${trouble === undefined ? '' : `; this one could not: ${trouble.message}`}`;
  return new UvsError('NOT_LEADER', address === '' ? nobody : `the leader is at ${address}`, {
    hint: address === '' ? (trouble?.hint ?? 'Try again in a few seconds.') : `Ask ${address}.`,
    details: { leader: address },
  });
}

/** The same, of one that does not even know whether anybody leads: etcd, which would say it, does not answer. */
export function cutOff(trouble: UvsError, known: LeaderRecord | undefined, ownId: string): UvsError {
  return new UvsError('ETCD_UNAVAILABLE', `nobody is known to lead: ${trouble.message}`, {
    cause: trouble,
    hint: trouble.hint,
    // who led last may lead still, where it is only this coordinator that is cut off
    details: { outcome: 'none', leader: known === undefined || known.id === ownId ? '' : known.grpcAddress },
  });
}

async function changeOrPause(change: Promise<void>, ms: number, signal: AbortSignal): Promise<void> {
  const over = Promise.withResolvers<void>();
  const timer = setTimeout(over.resolve, ms);
  const abort = () => over.resolve();
  signal.addEventListener('abort', abort, { once: true });
  try {
    await Promise.race([change, over.promise]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  }
}
