import type { NodeRecord } from '../domain.ts';
import type { Clock } from '../ports.ts';

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

  /** @param nodeName host name of the machine on which this coordinator runs */
  constructor(nodeName: string, clock: Clock) {
    this.#nodeName = nodeName;
    this.#clock = clock;
  }

  get nodeName(): string {
    return this.#nodeName;
  }

  /** @param members coordinators of the cluster, this one among them */
  isDueBefore(node: Pick<NodeRecord, 'hostname'>, members: number): boolean {
    if (node.hostname !== this.#nodeName || members < 2) return false;
    return this.#keptMs === undefined || this.#clock.monotonicMs() - this.#keptMs > KEPT_MS;
  }

  begin(): void {
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
