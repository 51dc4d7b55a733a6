import type { Clock } from '../ports.ts';

/** The leadership may come back between the two. */
export type ActOnOwnMachine = 'grant' | 'begin';

/** So many acts are remembered: more than there are coordinators in the rollouts of one day. */
const REMEMBERED = 1_000;
/** After a hand-over that nobody took, the leader disturbs its own machine for so long without trying again. */
const KEPT_MS = 10 * 60_000;

export interface TermNow {
  /** How long this coordinator has led. */
  readonly ledMs: number;
  /** Coordinators of the cluster, this one among them. */
  readonly members: number;
}

/**
 * Decides whether the leadership goes to another coordinator before the machine on which the leader runs is disturbed, so that no rollout
 * stands still, and nobody is without answers, while it restarts. That is a kindness and no safeguard: which machine it is, a node says, so it may
 * not move the leadership at will. A term that has just begun is kept, and the machine is disturbed under it.
 */
export class HandOver {
  readonly #nodeName: string;
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #shortestTermMs: number;
  #isUnderWay = false;
  #keptMs: number | undefined;
  /** Acts for which it was given away: who leads again all the same does not try again. */
  readonly #acts = new Set<string>();

  /**
   * @param nodeName host name of the machine on which this coordinator runs
   * @param shortestTermMs it leads at least so long before it gives that away
   */
  constructor(nodeName: string, clock: Pick<Clock, 'monotonicMs'>, shortestTermMs: number) {
    this.#nodeName = nodeName;
    this.#clock = clock;
    this.#shortestTermMs = shortestTermMs;
  }

  get nodeName(): string {
    return this.#nodeName;
  }

  /** @param operation on its own machine */
  isDueBefore(act: ActOnOwnMachine, operation: string, { ledMs, members }: TermNow): boolean {
    if (members < 2 || ledMs < this.#shortestTermMs) return false;
    if (this.#acts.has(`${act} ${operation}`) && !this.#isUnderWay) return false;
    return this.#keptMs === undefined || this.#clock.monotonicMs() - this.#keptMs > KEPT_MS;
  }

  begin(act: ActOnOwnMachine, operation: string): void {
    const [oldest] = this.#acts;
    if (oldest !== undefined && this.#acts.size >= REMEMBERED) this.#acts.delete(oldest);
    this.#acts.add(`${act} ${operation}`);
    this.#isUnderWay = true;
  }

  get isUnderWay(): boolean {
    return this.#isUnderWay;
  }

  /** Takes note whether another coordinator leads now. */
  end(isTaken: boolean): void {
    this.#isUnderWay = false;
    this.#keptMs = isTaken ? undefined : this.#clock.monotonicMs();
  }
}
