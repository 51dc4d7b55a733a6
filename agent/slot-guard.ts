import { setTimeout as delay } from 'node:timers/promises';
import { UvsError, toUvsError, type Reason } from '../common/errors.ts';
import type { SlotToken } from '../common/slot-token.ts';
import type { BootClock, SlotAnswer, SlotKeeper } from './ports.ts';

/** A yes is good for this long, counted from the moment of asking by the boot-time clock: suspended time counts (design: the slot protocol). */
export const YES_GOOD_MS = 10_000;

export interface SlotPatience {
  /** How long an unanswered "begin" is asked again. */
  readonly beginMs: number;
  /** How long an unanswered "confirm" is asked again while the node is disturbed already. */
  readonly confirmMs: number;
  readonly retryMs: number;
}

export const defaultSlotPatience: SlotPatience = { beginMs: 600_000, confirmMs: 60_000, retryMs: 1_000 };

/** No answers, all of them: who is asked the same again may say yes or no, and so may the next coordinator that leads. */
export const unanswered: readonly Reason[] = [
  'UNREACHABLE',
  'DEADLINE_EXCEEDED',
  'NOT_LEADER',
  'NO_LEADER',
  'ETCD_UNAVAILABLE',
  'DISK_FAILED',
];

/** Stands before each disturbing act and asks whether the node's slot still holds. */
export class SlotGuard {
  readonly #keeper: SlotKeeper;
  readonly #operation: string;
  readonly #token: SlotToken;
  readonly #clock: BootClock;
  readonly #patience: SlotPatience;
  /** When the question was asked that was last answered with yes. */
  #yesAskedAtMs: number | undefined;
  #isDisturbed: boolean;

  /** @param isDisturbed whether an earlier run of the agent has disturbed the node already. */
  constructor(options: {
    keeper: SlotKeeper;
    operation: string;
    token: SlotToken;
    clock: BootClock;
    patience: SlotPatience;
    isDisturbed: boolean;
  }) {
    this.#keeper = options.keeper;
    this.#operation = options.operation;
    this.#token = options.token;
    this.#clock = options.clock;
    this.#patience = options.patience;
    this.#isDisturbed = options.isDisturbed;
  }

  /** Asks to begin. @throws UvsError TOKEN_INVALID for a no; UNREACHABLE or DEADLINE_EXCEEDED where nobody answered in time */
  async begin(signal: AbortSignal): Promise<void> {
    let askedAtMs = 0;
    const answer = await this.#ask('begin', this.#patience.beginMs, signal, () => {
      askedAtMs = this.#clock.nowMs();
      return this.#keeper.begin(this.#operation, this.#token, signal);
    });
    if (!answer.isYes) throw refused('may not begin', answer);
    this.#yesAskedAtMs = askedAtMs;
  }

  /** Returns when the next disturbing act may be done at once. @throws as begin */
  async mayDisturb(signal: AbortSignal): Promise<void> {
    if (!this.#isDisturbed) {
      if (!this.#isFresh()) await this.begin(signal);
      if (!this.#isFresh()) throw new UvsError('DEADLINE_EXCEEDED', 'the answer to begin came too late to be used');
      this.#isDisturbed = true;
      return;
    }
    await this.#confirm(signal);
  }

  /**
   * As mayDisturb, for an act that was allowed and has been recorded since: asks again only where that took so long (a slow disk, a machine
   * that slept) that the yes is not good any more. @throws as begin
   */
  async mayStillDisturb(signal: AbortSignal): Promise<void> {
    if (!this.#isFresh()) await this.mayDisturb(signal);
  }

  /** As with "begin", a yes that has been on its way for too long says nothing of now. */
  async #confirm(signal: AbortSignal): Promise<void> {
    const untilMs = this.#clock.nowMs() + this.#patience.confirmMs;
    for (;;) {
      let askedAtMs = 0;
      const answer = await this.#ask('confirm', this.#patience.confirmMs, signal, () => {
        askedAtMs = this.#clock.nowMs();
        return this.#keeper.confirm(this.#operation, this.#token, signal);
      });
      if (!answer.isYes) throw refused('may not go on', answer);
      this.#yesAskedAtMs = askedAtMs;
      if (this.#isFresh()) return;
      if (this.#clock.nowMs() > untilMs) throw new UvsError('DEADLINE_EXCEEDED', 'the answers to "confirm" came too late to be used');
    }
  }

  #isFresh(): boolean {
    return this.#yesAskedAtMs !== undefined && this.#clock.nowMs() - this.#yesAskedAtMs < YES_GOOD_MS;
  }

  async #ask(what: string, patienceMs: number, signal: AbortSignal, question: () => Promise<SlotAnswer>): Promise<SlotAnswer> {
    const deadlineMs = this.#clock.nowMs() + patienceMs;
    for (;;) {
      try {
        return await question();
      } catch (thrown) {
        const error = toUvsError(thrown);
        signal.throwIfAborted();
        // an unknown outcome: the same question again is safe, whoever answers it knows the operation
        const isPassing = error.reason === 'INTERNAL' || unanswered.includes(error.reason);
        if (!isPassing || this.#clock.nowMs() + this.#patience.retryMs > deadlineMs) {
          // what went wrong there is no fault of this node
          const reason = error.reason === 'INTERNAL' ? 'UNREACHABLE' : error.reason;
          throw new UvsError(reason, `nobody answered the question "${what}": ${error.message}`, { cause: error });
        }
        await delay(this.#patience.retryMs, undefined, { signal });
      }
    }
  }
}

function refused(what: string, answer: SlotAnswer): UvsError {
  return new UvsError('TOKEN_INVALID', `the node ${what}: ${answer.reason}`, {
    hint: 'The coordinator decides about slots; see the rollout.',
  });
}
