import type { Clock } from '../ports.ts';

/** So many operations are remembered: more than there are coordinators in the rollouts of one day. */
const REMEMBERED = 1_000;
/** After a hand-over that nobody took, the leader disturbs its own machine for so long without trying again. */
const KEPT_MS = 10 * 60_000;

/**
 * Decides whether the leadership goes to another coordinator before the machine on which the leader runs is disturbed, so that no rollout
 * stands still, and nobody is without answers, while it restarts.
 */
export class HandOver {
  readonly #nodeName: string;
  readonly #clock: Clock;
  #isUnderWay = false;
  #keptMs: number | undefined;
  /** For which it was given away: who leads again all the same does not try again. */
  readonly #operations = new Set<string>();

  /** @param nodeName host name of the machine on which this coordinator runs */
  constructor(nodeName: string, clock: Clock) {
    this.#nodeName = nodeName;
    this.#clock = clock;
  }

  get nodeName(): string {
    return this.#nodeName;
  }

  /**
   * @param operation on its own machine
   * @param members coordinators of the cluster, this one among them
   */
  isDueBefore(operation: string, members: number): boolean {
    if (members < 2 || (this.#operations.has(operation) && !this.#isUnderWay)) return false;
    return this.#keptMs === undefined || this.#clock.monotonicMs() - this.#keptMs > KEPT_MS;
  }

  begin(operation: string): void {
    const [oldest] = this.#operations;
    if (oldest !== undefined && this.#operations.size >= REMEMBERED) this.#operations.delete(oldest);
    this.#operations.add(operation);
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
