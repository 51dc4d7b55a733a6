import type { Pulse } from '../common/pulse.ts';
import type { Logger } from '../common/log.ts';
import type { Leading } from './core/leading.ts';
import type { RolloutObserver } from './core/rollout-observer.ts';
import type { BackgroundWork } from './runner/background-work.ts';
import type { Housekeeping } from './runner/housekeeping.ts';
import type { RolloutDriver } from './runner/rollout-driver.ts';
import { pause } from './state/pause.ts';

/**
 * What agents say is gathered for at least this, and so long that passes take a fifth of the time at most: ten thousand of them are never
 * silent. After a transaction it is half of the time at most: each is somebody's turn, and where many nodes go at once there are many.
 */
const LEAST_PAUSE_MS = 5;
const PAUSE_PER_PASS = 4;
/** Whatever happens, there is this much between two passes: one that wants what is done already would starve everything else. */
const BREATH_MS = 1;

export interface RunnerOptions {
  readonly leading: Leading;
  readonly observer: RolloutObserver;
  readonly background: BackgroundWork;
  readonly rollouts: RolloutDriver;
  readonly housekeeping: Housekeeping;
  /** A pass is over, or the loop has ended: for the watchdog. */
  readonly pulse: Pick<Pulse, 'turn' | 'rest'>;
  readonly log: Logger;
}

/**
 * The leader's loop: brings every open rollout further, then does what is to be done besides. It wakes when an agent says something or a
 * transaction was made, and at each tick. It keeps nothing that may not be lost: a new leader's runner goes on from what etcd holds.
 */
export class Runner {
  readonly #leading: Leading;
  readonly #observer: RolloutObserver;
  readonly #background: BackgroundWork;
  readonly #rollouts: RolloutDriver;
  readonly #housekeeping: Housekeeping;
  readonly #pulse: Pick<Pulse, 'turn' | 'rest'>;
  readonly #log: Logger;
  readonly #listeners = new Set<() => void>();
  /** An agent said something. */
  #heard = Promise.withResolvers<void>();
  /** A transaction was made, or a question answered. */
  #moved = Promise.withResolvers<void>();
  #slotsReadMs = Number.NEGATIVE_INFINITY;

  constructor({ leading, observer, background, rollouts, housekeeping, pulse, log }: RunnerOptions) {
    this.#leading = leading;
    this.#observer = observer;
    this.#background = background;
    this.#rollouts = rollouts;
    this.#housekeeping = housekeeping;
    this.#pulse = pulse;
    this.#log = log;
  }

  /** Calls back after every pass: something shown may have changed. */
  onPass(listener: () => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** Runs until the term ends. */
  async run(): Promise<void> {
    const { clock, ledger, link, timings, term } = this.#leading;
    const move = (): void => this.#moved.resolve();
    term.signal.addEventListener('abort', move, { once: true });
    using _link = link.onChange((uid) => {
      this.#housekeeping.heard(uid);
      this.#heard.resolve();
    });
    using _ledger = ledger.onApplied((changes) => {
      if (changes.length === 0 || changes.some(({ of }) => of === 'slot' || of === 'slot-gone' || of === 'node'))
        this.#observer.outdateRefusals();
      move();
    });
    using _background = this.#background.onDone(move);
    using stack = new DisposableStack();
    stack.defer(() => this.#pulse.rest('rollouts'));
    while (term.isCurrent()) {
      this.#heard = Promise.withResolvers();
      this.#moved = Promise.withResolvers();
      const startedMs = clock.monotonicMs();
      this.#pulse.turn('rollouts');
      await this.#pass();
      for (const listener of this.#listeners) listener();
      const passMs = clock.monotonicMs() - startedMs;
      await pause(passMs < LEAST_PAUSE_MS ? BREATH_MS : passMs, term.signal);
      await this.#untilMoved(Math.max(LEAST_PAUSE_MS, passMs * (PAUSE_PER_PASS - 1)));
      if (term.isCurrent()) await this.#untilMoved(timings.tickMs, this.#heard.promise);
    }
  }

  /** Waits for a move, or for something else, and no longer than that. */
  async #untilMoved(ms: number, orElse?: Promise<void>): Promise<void> {
    const over = Promise.withResolvers<void>();
    const timer = setTimeout(over.resolve, ms);
    await Promise.race([this.#moved.promise, over.promise, ...(orElse === undefined ? [] : [orElse])]);
    clearTimeout(timer);
  }

  async #pass(): Promise<void> {
    const { ledger } = this.#leading;
    this.#readSlotsAgain();
    this.#observer.forgetAllBut(new Set(ledger.mirror.rollouts.keys()));
    for (const rollout of ledger.mirror.rollouts.values()) {
      try {
        await this.#rollouts.advance(rollout);
      } catch (err) {
        if (this.#leading.term.isCurrent()) this.#log.warn({ err, rollout: rollout.plan.id }, 'rollout could not be advanced');
      }
    }
    this.#housekeeping.pass();
  }

  /** A granted slot goes with its lease, of which nobody tells: it is looked for. */
  #readSlotsAgain(): void {
    const { clock, ledger, timings } = this.#leading;
    const nowMs = clock.monotonicMs();
    if (nowMs - this.#slotsReadMs < timings.tickMs) return;
    if (![...ledger.mirror.slots.values()].some((slot) => slot.state === 'granted')) return;
    this.#slotsReadMs = nowMs;
    this.#background.start('slots', 'slots could not be read', () => ledger.refreshSlots());
  }
}
