import { UvsError } from '../../common/errors.ts';
import type { Clock } from '../ports.ts';
import type { Etcd } from './port.ts';

/** Share of the TTL after which a holder that was not renewed stops, well before etcd gives what it holds to another. */
const HOLD_SHARE = 2 / 3;
/** Share of the TTL between renewals: three may fail. */
const RENEW_SHARE = 1 / 5;
/** Pause after a renewal that failed. */
const RETRY_MS = 200;

/**
 * A lease that is kept alive, with a deadline of its own: counted from the moment before the last successful renewal was sent, by the
 * monotonic clock, whatever etcd or its client say later.
 */
export class HeldLease {
  readonly id: string;
  readonly ttlSeconds: number;
  readonly #etcd: Etcd;
  readonly #clock: Clock;
  readonly #ended = new AbortController();
  #deadlineMs: number;
  #timer: NodeJS.Timeout | undefined;
  #wake: (() => void) | undefined;

  private constructor(etcd: Etcd, clock: Clock, grant: { id: string; ttlSeconds: number }, askedMs: number) {
    this.#etcd = etcd;
    this.#clock = clock;
    this.id = grant.id;
    this.ttlSeconds = grant.ttlSeconds;
    this.#deadlineMs = askedMs + grant.ttlSeconds * 1000 * HOLD_SHARE;
    this.#watchDeadline();
    void this.#keepAlive();
  }

  static async acquire(etcd: Etcd, clock: Clock, ttlSeconds: number): Promise<HeldLease> {
    const askedMs = clock.monotonicMs();
    return new HeldLease(etcd, clock, await etcd.leaseGrant(ttlSeconds), askedMs);
  }

  /** Aborts when the lease must be considered lost or was given back. */
  get signal(): AbortSignal {
    return this.#ended.signal;
  }

  /** Asks the clock itself: a timer may be late, for example when the process was stopped. */
  isHeld(): boolean {
    if (!this.#ended.signal.aborted && this.#clock.monotonicMs() >= this.#deadlineMs) this.#end('was not renewed in time');
    return !this.#ended.signal.aborted;
  }

  /** Gives it back; what is on it goes at once. Where etcd can't be reached it goes with the TTL. */
  async release(): Promise<void> {
    this.#end('was given back');
    await this.#etcd.leaseRevoke(this.id);
  }

  #end(why: string): void {
    clearTimeout(this.#timer);
    this.#wake?.();
    if (!this.#ended.signal.aborted) this.#ended.abort(new UvsError('NOT_LEADER', `the lease ${this.id} ${why}`));
  }

  #watchDeadline(): void {
    clearTimeout(this.#timer);
    const leftMs = this.#deadlineMs - this.#clock.monotonicMs();
    this.#timer = setTimeout(
      () => {
        if (this.isHeld()) this.#watchDeadline();
      },
      Math.max(0, leftMs),
    );
  }

  async #keepAlive(): Promise<void> {
    let pauseMs = this.ttlSeconds * 1000 * RENEW_SHARE;
    for (;;) {
      await this.#pause(pauseMs);
      if (!this.isHeld()) return;
      const askedMs = this.#clock.monotonicMs();
      try {
        const ttlSeconds = await this.#etcd.leaseKeepAlive(this.id);
        if (!this.isHeld()) return;
        if (ttlSeconds === 0) {
          this.#end('has expired in etcd');
          return;
        }
        this.#deadlineMs = askedMs + ttlSeconds * 1000 * HOLD_SHARE;
        this.#watchDeadline();
        pauseMs = this.ttlSeconds * 1000 * RENEW_SHARE;
      } catch {
        // the deadline decides; until then every failure is worth another try
        pauseMs = RETRY_MS;
      }
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
